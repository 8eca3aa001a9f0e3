import {backend_util, Conv2DBackpropInput, type Conv2DBackpropInputAttrs} from '@tensorflow/tfjs-core';
import {geometryOf} from '../conv_geometry.js';
import {delegate, input, inputOf, type TrainingKernel} from './kernel.js';

/** The gradient of a convolution's input, as a matrix product; the backend's own kernel for channels first. */
export const conv2DBackpropInput: TrainingKernel = {
  kernelName: Conv2DBackpropInput,
  run: (call, stock) => {
    const {memory} = call;
    const filter = input(call, 'filter');
    const attrs = call.attrs as unknown as Conv2DBackpropInputAttrs;
    const info = backend_util.computeConv2DInfo(
      attrs.inputShape,
      filter.shape as [number, number, number, number],
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
      false,
      backend_util.convertConv2DDataFormat(attrs.dataFormat),
    );
    if (info.dataFormat !== 'channelsLast') return delegate(stock, Conv2DBackpropInput, call);
    const g = geometryOf(info);
    const dy = inputOf(call, 'dy', info.outShape);
    const dx = memory.zeros(info.inShape);
    const {kernels} = memory;
    const scratch = memory.allocate(
      kernels.convInputGradientScratch(g.filterHeight * g.filterWidth * g.channels, g.filters),
    );
    try {
      kernels.convInputGradient(
        memory.address(dy),
        memory.address(filter),
        memory.address(dx),
        info.batchSize,
        g.height,
        g.width,
        g.channels,
        g.outHeight,
        g.outWidth,
        g.filters,
        g.filterHeight,
        g.filterWidth,
        g.strideHeight,
        g.strideWidth,
        g.padTop,
        g.padLeft,
        scratch.address,
      );
    } finally {
      scratch.dispose();
    }
    return dx;
  },
};
