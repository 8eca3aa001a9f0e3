import {backend_util, Conv2DBackpropFilter, type Conv2DBackpropFilterAttrs} from '@tensorflow/tfjs-core';
import {geometryOf} from '../conv_geometry.js';
import {openFilterGradient} from '../filter_gradient.js';
import {Scope} from '../scope.js';
import {input, inputOf, type TrainingKernel} from './kernel.js';

/** The gradient of a convolution's filter, which the wasm backend lacks. */
export const conv2DBackpropFilter: TrainingKernel = {
  kernelName: Conv2DBackpropFilter,
  run: (call) => {
    const {memory} = call;
    const x = input(call, 'x');
    const attrs = call.attrs as unknown as Conv2DBackpropFilterAttrs;
    const info = backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
      false,
      backend_util.convertConv2DDataFormat(attrs.dataFormat),
    );
    const g = geometryOf(info);
    const dy = inputOf(call, 'dy', info.outShape);
    const dw = memory.zeros(attrs.filterShape);
    const scope = new Scope(memory);
    try {
      const filterGradient = openFilterGradient(scope, g);
      const image = g.height * g.width * g.channels * 4;
      const outImage = g.outHeight * g.outWidth * g.filters * 4;
      for (let i = 0; i < info.batchSize; i++) {
        filterGradient(
          memory.address(x) + i * image,
          memory.address(dy) + i * outImage,
          memory.address(dw),
          true,
        );
      }
    } finally {
      scope.dispose();
    }
    return dw;
  },
};
