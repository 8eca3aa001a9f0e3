import {GatherV2, util, type GatherV2Attrs} from '@tensorflow/tfjs-core';
import {delegate, input, type TrainingKernel} from './kernel.js';

/** Rows of a tensor by index: how a batch is fetched. The backend's own kernel computes the place of every value by itself. */
export const gather: TrainingKernel = {
  kernelName: GatherV2,
  run: (call, stock) => {
    const [x, indices] = [input(call, 'x'), input(call, 'indices')];
    const {axis, batchDims} = call.attrs as unknown as GatherV2Attrs;
    const [parsedAxis] = util.parseAxisParam(axis, x.shape);
    const isRows = parsedAxis === 0 && batchDims === 0 && x.dtype !== 'string' && indices.dtype === 'int32';
    if (!isRows) return delegate(stock, GatherV2, call);
    const [rows = 0, ...rowShape] = x.shape;
    const chosen = call.backend.readSync(indices.dataId) as Int32Array;
    for (const index of chosen) {
      if (index < 0 || index >= rows)
        throw new Error(`GatherV2: the index value ${index} is not in [0, ${rows - 1}]`);
    }
    const {memory} = call;
    const out = memory.output([...indices.shape, ...rowShape], x.dtype);
    const bytes = util.sizeFromShape(rowShape) * util.bytesPerElement(x.dtype);
    if (bytes === 0 || chosen.length === 0) return out;
    const [source, target] = [memory.address(x, x.dtype), memory.address(out, x.dtype)];
    chosen.forEach((row, i) => {
      memory.kernels.copyImage(source + row * bytes, target + i * bytes, 1, bytes, bytes, bytes);
    });
    return out;
  },
};
