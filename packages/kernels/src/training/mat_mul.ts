import {
  _FusedMatMul,
  Add,
  BatchMatMul,
  broadcast_util,
  util,
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {activate, replace} from './activation.js';
import {input, type KernelCall, type TrainingKernel} from './kernel.js';

/** Matrix products. The backend's own take twice as long for one untransposed pair, and are plain loops for all others. */
export const batchMatMul: TrainingKernel = {
  kernelName: BatchMatMul,
  run: (call) => {
    const {transposeA, transposeB} = call.attrs as unknown as BatchMatMulAttrs;
    return multiply(call, transposeA, transposeB);
  },
};

/** The same with a bias, to which the products are added, and an activation, for which the backend's own kernel follows. */
export const fusedMatMul: TrainingKernel = {
  kernelName: _FusedMatMul,
  run: (call) => {
    const {transposeA, transposeB} = call.attrs as unknown as _FusedMatMulAttrs;
    const {bias} = call.inputs;
    const columns = matrix(input(call, 'b'))[transposeB ? 0 : 1];
    const isRow = bias?.shape.at(-1) === columns && util.sizeFromShape(bias.shape) === columns;
    let out = multiply(call, transposeA, transposeB, isRow ? bias : undefined);
    if (bias != null && !isRow) out = replace(call, out, Add, {a: out, b: bias});
    return activate(call, out);
  },
};

/**
 * The product of every pair of matrices, their batch axes broadcast.
 *
 * @param bias - As many values as a product has columns, added to each of its rows.
 */
function multiply(call: KernelCall, transposeA: boolean, transposeB: boolean, bias?: TensorInfo): TensorInfo {
  const {memory} = call;
  const a = input(call, 'a');
  const b = input(call, 'b');
  const [aRows, aColumns] = matrix(a);
  const [bRows, bColumns] = matrix(b);
  const rows = transposeA ? aColumns : aRows;
  const depth = transposeA ? aRows : aColumns;
  const columns = transposeB ? bRows : bColumns;
  util.assert(
    depth === (transposeB ? bColumns : bRows),
    () =>
      `matMul: inner shapes of [${a.shape.join()}] and [${b.shape.join()}] with transposeA=${transposeA} and ` +
      `transposeB=${transposeB} must match`,
  );
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const outBatch = broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const out = memory.output([...outBatch, rows, columns]);
  const aIndex = broadcastIndex(aBatch, outBatch);
  const bIndex = broadcastIndex(bBatch, outBatch);
  const count = util.sizeFromShape(outBatch);
  if (bias !== undefined) {
    const [from, to, bytes] = [memory.address(bias), memory.address(out), columns * 4];
    memory.kernels.copyImage(from, to, count * rows, bytes, 0, bytes);
  }
  const scratch = memory.output([memory.kernels.matMulScratch(rows, depth) / 4]);
  try {
    for (let i = 0; i < count; i++) {
      memory.kernels.matMul(
        memory.address(a) + aIndex(i) * aRows * aColumns * 4,
        transposeA ? 4 : aColumns * 4,
        transposeA ? aColumns * 4 : 4,
        memory.address(b) + bIndex(i) * bRows * bColumns * 4,
        transposeB ? 4 : bColumns * 4,
        transposeB ? bColumns * 4 : 4,
        memory.address(out) + i * rows * columns * 4,
        rows,
        columns,
        depth,
        memory.address(scratch),
        Number(bias !== undefined),
      );
    }
  } finally {
    call.backend.disposeData(scratch.dataId);
  }
  return out;
}

function matrix({shape}: TensorInfo): [number, number] {
  return shape.slice(-2) as [number, number];
}

/** Which matrix of a batch of `shape` stands at each index of the batch that it is broadcast to. */
function broadcastIndex(shape: readonly number[], outShape: readonly number[]): (index: number) => number {
  const strides = util.computeStrides([...shape, 1]);
  const missing = outShape.length - shape.length;
  return (index) => {
    let at = 0;
    for (let axis = outShape.length - 1; axis >= missing; axis--) {
      const size = outShape[axis] as number;
      if (shape[axis - missing] !== 1) at += (index % size) * (strides[axis - missing] as number);
      index = Math.floor(index / size);
    }
    return at;
  };
}
