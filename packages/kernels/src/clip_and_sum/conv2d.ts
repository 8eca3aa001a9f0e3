import {openFilterGradient} from '../filter_gradient.js';
import type {Scope} from '../scope.js';
import type {Conv2dContribution} from './contribution.js';
import type {GradientPart} from './part.js';

/** The gradient of a convolution's filter, added up over an example's images. */
export function conv2dPart(scope: Scope, contribution: Conv2dContribution): GradientPart {
  const {x, dy, imagesPerExample = 1, filterShape, strides, padTop, padLeft} = contribution;
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth, filters] = dy.shape as [number, number, number, number];
  const [filterHeight, filterWidth] = filterShape;
  const [strideHeight, strideWidth] = strides;
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
  const image = height * width * channels * 4;
  const outImage = outHeight * outWidth * filters * 4;
  return {
    form: (example, out, add) => {
      for (let i = 0; i < imagesPerExample; i++) {
        const at = example * imagesPerExample + i;
        filterGradient(xs.address + at * image, dys.address + at * outImage, out, add || i > 0);
      }
    },
  };
}
