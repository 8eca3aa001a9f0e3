import {backend_util, Conv3DBackpropInputV2, type Conv3DBackpropInputV2Attrs} from '@tensorflow/tfjs-core';
import {input, inputOf, type TrainingKernel} from './kernel.js';

/**
 * The gradient of a three-dimensional convolution's input, as a sum of two-dimensional ones over depth. The backend's own
 * kernel gives other values from run to run, as if it read memory that was never written: other examples' data may lie there.
 */
export const conv3DBackpropInput: TrainingKernel = {
  kernelName: Conv3DBackpropInputV2,
  run: (call) => {
    const {memory} = call;
    const {kernels} = memory;
    const filter = input(call, 'filter');
    const attrs = call.attrs as unknown as Conv3DBackpropInputV2Attrs;
    const info = backend_util.computeConv3DInfo(
      attrs.inputShape,
      filter.shape as [number, number, number, number, number],
      attrs.strides,
      1,
      attrs.pad,
    );
    const dy = inputOf(call, 'dy', info.outShape);
    const dx = memory.zeros(info.inShape);
    const window = info.filterHeight * info.filterWidth * info.inChannels;
    const scratch = memory.allocate(kernels.convInputGradientScratch(window, info.outChannels));
    const planeBytes = 4 * info.inHeight * info.inWidth * info.inChannels;
    const outPlaneBytes = 4 * info.outHeight * info.outWidth * info.outChannels;
    try {
      for (let image = 0; image < info.batchSize; image++) {
        for (let od = 0; od < info.outDepth; od++) {
          for (let kd = 0; kd < info.filterDepth; kd++) {
            const d = od * info.strideDepth - info.padInfo.front + kd;
            if (d < 0 || d >= info.inDepth) continue;
            kernels.convInputGradient(
              memory.address(dy) + (image * info.outDepth + od) * outPlaneBytes,
              memory.address(filter) + 4 * kd * window * info.outChannels,
              memory.address(dx) + (image * info.inDepth + d) * planeBytes,
              1,
              info.inHeight,
              info.inWidth,
              info.inChannels,
              info.outHeight,
              info.outWidth,
              info.outChannels,
              info.filterHeight,
              info.filterWidth,
              info.strideHeight,
              info.strideWidth,
              info.padInfo.top,
              info.padInfo.left,
              scratch.address,
            );
          }
        }
      }
    } finally {
      scratch.dispose();
    }
    return dx;
  },
};
