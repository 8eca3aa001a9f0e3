import {
  backend_util,
  DepthwiseConv2dNativeBackpropFilter,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropInputAttrs,
} from '@tensorflow/tfjs-core';
import type {KernelExports} from '../exports.js';
import {geometryOf} from '../conv_geometry.js';
import {input, inputOf, type TrainingKernel} from './kernel.js';

type Shape4 = [number, number, number, number];

/** The gradient of a depthwise convolution's filter, which the wasm backend lacks. */
export const depthwiseConv2dBackpropFilter: TrainingKernel = {
  kernelName: DepthwiseConv2dNativeBackpropFilter,
  run: (call) => {
    const {memory} = call;
    const x = input(call, 'x');
    const attrs = call.attrs as unknown as DepthwiseConv2dNativeBackpropFilterAttrs;
    const info = convInfo(x.shape as Shape4, attrs.filterShape, attrs);
    const dy = inputOf(call, 'dy', info.outShape);
    const dw = memory.output(attrs.filterShape);
    memory.kernels.depthwiseFilterGradient(
      memory.address(x),
      memory.address(dy),
      memory.address(dw),
      ...geometry(info),
    );
    return dw;
  },
};

/** The gradient of a depthwise convolution's input, which the wasm backend lacks. */
export const depthwiseConv2dBackpropInput: TrainingKernel = {
  kernelName: DepthwiseConv2dNativeBackpropInput,
  run: (call) => {
    const {memory} = call;
    const filter = input(call, 'filter');
    const attrs = call.attrs as unknown as DepthwiseConv2dNativeBackpropInputAttrs;
    const info = convInfo(attrs.inputShape, filter.shape as Shape4, attrs);
    const dy = inputOf(call, 'dy', info.outShape);
    const dx = memory.output(attrs.inputShape);
    memory.kernels.depthwiseInputGradient(
      memory.address(dy),
      memory.address(filter),
      memory.address(dx),
      ...geometry(info),
    );
    return dx;
  },
};

function convInfo(
  inputShape: Shape4,
  filterShape: Shape4,
  attrs: Pick<DepthwiseConv2dNativeBackpropInputAttrs, 'strides' | 'dilations' | 'pad' | 'dimRoundingMode'>,
): backend_util.Conv2DInfo {
  const {strides, dilations, pad, dimRoundingMode} = attrs;
  return backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
}

type Geometry =
  Parameters<KernelExports['depthwiseInputGradient']> extends [number, number, number, ...infer G]
    ? G
    : never;

/** The kernels' arguments that follow the addresses. */
function geometry(info: backend_util.Conv2DInfo): Geometry {
  const g = geometryOf(info);
  return [
    info.batchSize,
    g.height,
    g.width,
    g.channels,
    g.filters / g.channels,
    g.outHeight,
    g.outWidth,
    g.filterHeight,
    g.filterWidth,
    g.strideHeight,
    g.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    g.padTop,
    g.padLeft,
  ];
}
