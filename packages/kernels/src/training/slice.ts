import {Slice, slice_util, util, type SliceAttrs} from '@tensorflow/tfjs-core';
import {delegate, input, type TrainingKernel} from './kernel.js';

/** A block of a tensor. The backend's own kernel copies the whole tensor first. */
export const slice: TrainingKernel = {
  kernelName: Slice,
  run: (call, stock) => {
    const x = input(call, 'x');
    if (x.dtype === 'string') return delegate(stock, Slice, call);
    const {begin, size} = call.attrs as unknown as SliceAttrs;
    const [from = [], sizes = []] = slice_util.parseSliceParams(x, begin, size);
    slice_util.assertParamsValid(x, from, sizes);
    const {memory} = call;
    const out = memory.output(sizes, x.dtype);
    if (util.sizeFromShape(sizes) === 0) return out;

    const axes = mergedAxes(x.shape, from, sizes);
    const [run, rows] = [axes.at(-1) ?? WHOLE, axes.at(-2) ?? WHOLE];
    const outer = axes.slice(0, -2);
    const bytes = util.bytesPerElement(x.dtype);
    const [source, target] = [memory.address(x, x.dtype), memory.address(out, x.dtype)];
    const blocks = outer.reduce((count, axis) => count * axis.size, 1);
    for (let b = 0; b < blocks; b++) {
      // The block's place along the outer axes, of which the last varies fastest.
      let at = 0;
      let rest = b;
      let stride = rows.full * run.full;
      for (let i = outer.length - 1; i >= 0; i--) {
        const axis = outer[i] ?? WHOLE;
        at += (axis.from + (rest % axis.size)) * stride;
        rest = Math.floor(rest / axis.size);
        stride *= axis.full;
      }
      memory.kernels.copyImage(
        source + (at + rows.from * run.full + run.from) * bytes,
        target + b * rows.size * run.size * bytes,
        rows.size,
        run.size * bytes,
        run.full * bytes,
        run.size * bytes,
      );
    }
    return out;
  },
};

interface SlicedAxis {
  readonly full: number;
  readonly from: number;
  readonly size: number;
}

const WHOLE: SlicedAxis = {full: 1, from: 0, size: 1};

/** Axes that are taken whole are one with the axis before them. */
function mergedAxes(
  shape: readonly number[],
  from: readonly number[],
  sizes: readonly number[],
): SlicedAxis[] {
  const merged: SlicedAxis[] = [];
  shape.forEach((full, i) => {
    const axis = {full, from: from[i] ?? 0, size: sizes[i] ?? 0};
    const before = merged.at(-1);
    if (before === undefined || axis.size !== full) merged.push(axis);
    else merged.splice(-1, 1, {full: before.full * full, from: before.from * full, size: before.size * full});
  });
  return merged;
}
