import {
  backend_util,
  Concat,
  Pack,
  util,
  type ConcatAttrs,
  type PackAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {share} from './identity.js';
import {delegate, inputList, type KernelCall, type TrainingKernel} from './kernel.js';

// The backend's own kernels copy row by row in JavaScript.

/** Tensors put end to end along an axis. */
export const concat: TrainingKernel = {
  kernelName: Concat,
  run: (call, stock) => {
    const tensors = inputList(call);
    const [first] = tensors;
    if (first === undefined || first.dtype === 'string') return delegate(stock, Concat, call);
    const [axis = 0] = util.parseAxisParam((call.attrs as unknown as ConcatAttrs).axis, first.shape);
    const shapes = tensors.map(({shape}) => shape);
    backend_util.assertParamsConsistent(shapes, axis);
    return joined(call, tensors, axis, backend_util.computeOutShape(shapes, axis));
  },
};

/** Tensors of one shape put side by side along a new axis. */
export const pack: TrainingKernel = {
  kernelName: Pack,
  run: (call, stock) => {
    const tensors = inputList(call);
    const [first] = tensors;
    if (first === undefined || first.dtype === 'string') return delegate(stock, Pack, call);
    for (const {shape} of tensors) {
      util.assertShapesMatch(first.shape, shape, 'All tensors passed to stack must have matching shapes');
    }
    const outShape = first.shape.slice();
    const {axis} = call.attrs as unknown as PackAttrs;
    const along = axis < 0 ? axis + outShape.length + 1 : axis;
    outShape.splice(along, 0, tensors.length);
    return joined(call, tensors, along, outShape);
  },
};

/** Each tensor is a block of `inner` values for each of the places along the axes before `axis`. */
function joined(
  call: KernelCall,
  tensors: readonly TensorInfo[],
  axis: number,
  outShape: number[],
): TensorInfo {
  const {memory} = call;
  const filled = tensors.filter(({shape}) => util.sizeFromShape(shape) > 0);
  const [first, ...others] = filled;
  if (first !== undefined && others.length === 0) return share(call, first, outShape);
  const dtype = first?.dtype ?? tensors[0]?.dtype ?? 'float32';
  const outer = util.sizeFromShape(outShape.slice(0, axis));
  const rowBytes = tensors.map(
    ({shape}) => (util.sizeFromShape(shape) / Math.max(1, outer)) * util.bytesPerElement(dtype),
  );
  const stride = rowBytes.reduce((total, bytes) => total + bytes, 0);
  const out = memory.output(outShape, dtype);
  let start = 0;
  tensors.forEach((tensor, i) => {
    const bytes = rowBytes[i] ?? 0;
    if (bytes > 0) {
      memory.kernels.copyImage(
        memory.address(tensor, dtype),
        memory.address(out, dtype) + start,
        outer,
        bytes,
        bytes,
        stride,
      );
    }
    start += bytes;
  });
  return out;
}
