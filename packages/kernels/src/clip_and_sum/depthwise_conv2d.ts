import type {Scope} from '../scope.js';
import type {DepthwiseConv2dContribution} from './contribution.js';
import type {GradientPart} from './part.js';

/** The gradient of a depthwise convolution's filter, added up over an example's images. */
export function depthwiseConv2dPart(scope: Scope, contribution: DepthwiseConv2dContribution): GradientPart {
  const {x, dy, imagesPerExample = 1, filterShape, strides, padTop, padLeft} = contribution;
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth, outChannels] = dy.shape as [number, number, number, number];
  const [filterHeight, filterWidth, , multiplier] = filterShape;
  const [strideHeight, strideWidth] = strides;
  const xs = scope.values(x);
  const dys = scope.values(dy);
  const {kernels} = scope;
  const images = imagesPerExample * height * width * channels * 4;
  const outImages = imagesPerExample * outHeight * outWidth * outChannels * 4;
  return {
    form: (example, out, add) => {
      if (!add) scope.fillWithZeros(out, filterHeight * filterWidth * outChannels * 4);
      kernels.addDepthwiseFilterGradient(
        xs.address + example * images,
        dys.address + example * outImages,
        out,
        imagesPerExample,
        height,
        width,
        channels,
        multiplier,
        outHeight,
        outWidth,
        filterHeight,
        filterWidth,
        strideHeight,
        strideWidth,
        1,
        1,
        padTop,
        padLeft,
      );
    },
  };
}
