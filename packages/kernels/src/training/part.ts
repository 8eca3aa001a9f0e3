import {
  backend_util,
  SplitV,
  Unpack,
  util,
  type SplitVAttrs,
  type TensorInfo,
  type UnpackAttrs,
} from '@tensorflow/tfjs-core';
import {delegateAll, input, type KernelCall, type TrainingKernel} from './kernel.js';

// The backend's own kernels copy the whole tensor once for each part of it.

/** Parts of a tensor along an axis. */
export const splitV: TrainingKernel = {
  kernelName: SplitV,
  run: (call, stock) => {
    const x = input(call, 'x');
    if (x.dtype === 'string') return delegateAll(stock, SplitV, call);
    const {numOrSizeSplits, axis} = call.attrs as unknown as SplitVAttrs;
    const [along = 0] = util.parseAxisParam(axis, x.shape);
    const sizes = backend_util.prepareSplitSize(x, numOrSizeSplits, along);
    return parts(call, x, along, sizes, (size) => x.shape.map((own, i) => (i === along ? size : own)));
  },
};

/** A tensor taken apart along an axis. */
export const unpack: TrainingKernel = {
  kernelName: Unpack,
  run: (call, stock) => {
    const value = input(call, 'value');
    if (value.dtype === 'string') return delegateAll(stock, Unpack, call);
    const {axis} = call.attrs as unknown as UnpackAttrs;
    const [along = 0] = util.parseAxisParam(axis, value.shape);
    const ones = new Array<number>(value.shape[along] ?? 0).fill(1);
    return parts(call, value, along, ones, () => value.shape.filter((_, i) => i !== along));
  },
};

function parts(
  {memory}: KernelCall,
  x: TensorInfo,
  along: number,
  sizes: readonly number[],
  shapeOf: (size: number) => number[],
): TensorInfo[] {
  const outer = util.sizeFromShape(x.shape.slice(0, along));
  const inner = util.sizeFromShape(x.shape.slice(along + 1)) * util.bytesPerElement(x.dtype);
  const stride = (x.shape[along] ?? 0) * inner;
  let start = 0;
  return sizes.map((size) => {
    const out = memory.output(shapeOf(size), x.dtype);
    const bytes = size * inner;
    memory.kernels.copyImage(
      memory.address(x, x.dtype) + start,
      memory.address(out, x.dtype),
      outer,
      bytes,
      stride,
      bytes,
    );
    start += bytes;
    return out;
  });
}
