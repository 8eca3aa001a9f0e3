import {openFilterGradient} from '../filter_gradient.js';
import type {Scope} from '../scope.js';
import type {Conv2dContribution} from './contribution.js';
import type {GradientPart} from './part.js';

/** The gradient of a convolution's filter. */
export function conv2dPart(scope: Scope, contribution: Conv2dContribution): GradientPart {
  const {x, dy, filterShape, strides, padTop, padLeft} = contribution;
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
  return {
    form: (example, out, add) =>
      filterGradient(
        xs.address + example * height * width * channels * 4,
        dys.address + example * outHeight * outWidth * filters * 4,
        out,
        add,
      ),
  };
}
