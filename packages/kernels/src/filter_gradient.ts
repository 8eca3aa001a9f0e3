import type {ConvGeometry} from './conv_geometry.js';
import {openFrame} from './frame.js';
import type {Scope} from './scope.js';

/** Writes (or adds) to `out` the filter's gradient for one image at `x` and its output gradient at `dy`. */
export type FilterGradient = (x: number, dy: number, out: number, add: boolean) => void;

/** Prepares the scratch for {@link FilterGradient}. */
export function openFilterGradient(scope: Scope, g: ConvGeometry): FilterGradient {
  const {kernels} = scope;
  const {row, place} = openFrame(scope, g);
  const scratch = scope.allocate(kernels.filterGradientScratch(g.outHeight, g.outWidth));
  return (x, dy, out, add) => {
    kernels.filterGradient(
      place(x),
      g.outHeight,
      g.outWidth,
      g.strideHeight * row,
      g.strideWidth * g.channels * 4,
      g.filterHeight,
      g.filterWidth * g.channels,
      row,
      dy,
      g.filters,
      out,
      scratch.address,
      Number(add),
    );
  };
}
