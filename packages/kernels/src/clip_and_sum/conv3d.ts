import {openFilterGradient} from '../filter_gradient.js';
import type {Scope} from '../scope.js';
import type {Conv3dContribution} from './contribution.js';
import type {GradientPart} from './part.js';

/** The gradient of a three-dimensional filter: each of its depth slices is a sum of two-dimensional gradients. */
export function conv3dPart(scope: Scope, contribution: Conv3dContribution): GradientPart {
  const {x, dy, imagesPerExample = 1, filterShape, strides, padFront, padTop, padLeft} = contribution;
  const [, depth, height, width, channels] = x.shape as [number, number, number, number, number];
  const [, outDepth, outHeight, outWidth, filters] = dy.shape as [number, number, number, number, number];
  const [filterDepth, filterHeight, filterWidth] = filterShape;
  const [strideDepth, strideHeight, strideWidth] = strides;
  const xs = scope.values(x);
  const dys = scope.values(dy);
  const filterGradient = openFilterGradient(scope, {
    height,
    width,
    channels,
    outHeight,
    outWidth,
    filters,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    padTop,
    padLeft,
  });
  const slice = height * width * channels * 4;
  const outSlice = outHeight * outWidth * filters * 4;
  const filterSlice = filterHeight * filterWidth * channels * filters * 4;
  return {
    form: (example, out, add) => {
      if (!add) scope.fillWithZeros(out, filterDepth * filterSlice);
      for (let i = 0; i < imagesPerExample; i++) {
        const at = example * imagesPerExample + i;
        const image = xs.address + at * depth * slice;
        const outImage = dys.address + at * outDepth * outSlice;
        for (let k = 0; k < filterDepth; k++) {
          for (let o = 0; o < outDepth; o++) {
            const z = o * strideDepth - padFront + k;
            if (z < 0 || z >= depth) continue;
            filterGradient(image + z * slice, outImage + o * outSlice, out + k * filterSlice, true);
          }
        }
      }
    },
  };
}
