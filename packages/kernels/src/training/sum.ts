import {Sum, util, type SumAttrs} from '@tensorflow/tfjs-core';
import {delegate, input, type TrainingKernel} from './kernel.js';

/** Rows that are added one after the other; their sums are then added. Bounds the error, and suits the first-level cache. */
const CHUNK = 256;

/**
 * Sums over leading axes: the gradient of every bias. The backend's own kernel transposes the tensor first; sums over
 * other axes are left to it.
 */
export const sum: TrainingKernel = {
  kernelName: Sum,
  run: (call, stock) => {
    const x = input(call, 'x');
    const {axis, keepDims} = call.attrs as unknown as SumAttrs;
    const axes = util.parseAxisParam(axis, x.shape);
    const isLeading = axes.length < x.shape.length && axes.every((own, i) => own === i);
    if (x.dtype !== 'float32' || !isLeading || axes.length === 0) return delegate(stock, Sum, call);
    const {memory} = call;
    const kept = x.shape.slice(axes.length);
    const rows = util.sizeFromShape(x.shape.slice(0, axes.length));
    const columns = util.sizeFromShape(kept);
    const out = memory.output(keepDims ? [...axes.map(() => 1), ...kept] : kept);
    const chunks = Math.ceil(rows / CHUNK);
    if (chunks <= 1) {
      memory.kernels.columnSums(memory.address(x), rows, columns, memory.address(out), 0);
      return out;
    }
    const partial = memory.output([chunks, columns]);
    for (let i = 0; i < chunks; i++) {
      memory.kernels.columnSums(
        memory.address(x) + i * CHUNK * columns * 4,
        Math.min(CHUNK, rows - i * CHUNK),
        columns,
        memory.address(partial) + i * columns * 4,
        0,
      );
    }
    memory.kernels.columnSums(memory.address(partial), chunks, columns, memory.address(out), 0);
    call.backend.disposeData(partial.dataId);
    return out;
  },
};
