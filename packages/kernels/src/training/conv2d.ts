import {
  backend_util,
  Conv2D,
  FusedConv2D,
  util,
  type Conv2DAttrs,
  type FusedConv2DAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {geometryOf} from '../conv_geometry.js';
import {openFrame} from '../frame.js';
import {Scope} from '../scope.js';
import {activate} from './activation.js';
import {delegate, input, inputOf, type KernelCall, type TrainingKernel} from './kernel.js';

// The backend's own kernel reaches a third of what the core can do with few channels and half with many, and where the
// padding is as large as the image (1x4 by 2x1, 'same') its result is zero.

/** A convolution; dilated ones and channels first are left to the backend. */
export const conv2D: TrainingKernel = {
  kernelName: Conv2D,
  run: (call, stock) => {
    const info = convInfo(call);
    return info === undefined ? delegate(stock, Conv2D, call) : convolve(call, info, {relu: false});
  },
};

/** The same with a bias and an activation, for which, unless it is relu, the backend's own kernel follows. */
export const fusedConv2D: TrainingKernel = {
  kernelName: FusedConv2D,
  run: (call, stock) => {
    const info = convInfo(call);
    const {bias} = call.inputs;
    const isRow = bias == null || (bias.shape.length === 1 && bias.shape[0] === info?.outChannels);
    if (info === undefined || !isRow) return delegate(stock, FusedConv2D, call);
    const relu = (call.attrs as unknown as FusedConv2DAttrs).activation === 'relu';
    const out = convolve(call, info, {bias, relu});
    return relu ? out : activate(call, out);
  },
};

/** The geometry, if our kernel covers it. */
function convInfo(call: KernelCall): backend_util.Conv2DInfo | undefined {
  const {strides, pad, dilations, dataFormat, dimRoundingMode} = call.attrs as unknown as Conv2DAttrs;
  const info = backend_util.computeConv2DInfo(
    input(call, 'x').shape as [number, number, number, number],
    input(call, 'filter').shape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(dataFormat),
  );
  const isDense = info.dilationHeight === 1 && info.dilationWidth === 1;
  // tf.js's 'same' padding is negative where a stride skips the first values.
  const isPadded = info.padInfo.top >= 0 && info.padInfo.left >= 0;
  return isDense && isPadded && info.dataFormat === 'channelsLast' ? info : undefined;
}

function convolve(
  call: KernelCall,
  info: backend_util.Conv2DInfo,
  {bias, relu}: {bias?: TensorInfo | undefined; relu: boolean},
): TensorInfo {
  const {memory} = call;
  const {kernels} = memory;
  const g = geometryOf(info);
  const x = input(call, 'x');
  const filter = inputOf(call, 'filter', info.filterShape);
  const out = memory.output(info.outShape);
  if (util.sizeFromShape(info.outShape) === 0) return out;
  const window = g.filterHeight * g.filterWidth * g.channels;
  const scope = new Scope(memory);
  try {
    const frame = openFrame(scope, g);
    const panels = scope.allocate(kernels.filterPanelsSize(window, g.filters));
    const scratch = scope.allocate(kernels.conv2dScratch(window));
    kernels.packFilter(memory.address(filter), window, g.filters, panels.address);
    const image = g.height * g.width * g.channels * 4;
    const outImage = g.outHeight * g.outWidth * g.filters * 4;
    // Images are taken together unless each has to be copied into the frame.
    const together = frame.padded ? 1 : info.batchSize;
    for (let i = 0; i < info.batchSize; i += together) {
      kernels.conv2d(
        frame.place(memory.address(x) + i * image),
        together,
        g.outHeight,
        g.outWidth,
        image,
        g.strideHeight * frame.row,
        g.strideWidth * g.channels * 4,
        frame.row,
        g.filterHeight,
        g.filterWidth * g.channels,
        panels.address,
        g.filters,
        bias == null ? 0 : memory.address(bias),
        Number(relu),
        memory.address(out) + i * outImage,
        scratch.address,
      );
    }
  } finally {
    scope.dispose();
  }
  return out;
}
