import {openClipAndSum, type ClipAndSum, type PerExampleParameter} from '@dp/kernels/on-demand';

import {clipFactor} from '../clip/flat.js';

/** What bounds one record's influence on a sum. All public constants. */
export interface ClippingPlan {
  readonly l2NormClip: number;
  /** Examples per clipped group; their gradients are averaged, then clipped. */
  readonly microbatchSize: number;
  /** Rounding unit of the clipped gradients. */
  readonly grid: number;
}

/**
 * Clips each example's (or microbatch's) gradient to `l2NormClip`, rounds it to the grid and sums exactly.
 * An example whose loss, norm or any coordinate is not finite is left out whole, by selection (privacy rule 10); how many
 * were left out is private and goes nowhere. Sensitive in all its arguments but the plan.
 *
 * @param losses - [B * T], the T loss entries of each example in a row.
 * @returns `units`, one array a parameter, in grid units: integers held in float64; and `norms`, the L2 norm of each group
 *   before clipping, NaN where it was left out.
 */
export function clippedSum(
  parameters: readonly PerExampleParameter[],
  losses: ArrayLike<number>,
  batchSize: number,
  {l2NormClip, microbatchSize, grid}: ClippingPlan,
): {readonly units: Float64Array[]; readonly norms: Float64Array} {
  const norms = new Float64Array(Math.ceil(batchSize / microbatchSize));
  const session = openClipAndSum(parameters);
  try {
    for (let start = 0; start < batchSize; start += microbatchSize) {
      const end = Math.min(start + microbatchSize, batchSize);
      const squaredNorm =
        microbatchSize === 1
          ? measureFinite(session, losses, batchSize, start)
          : measureGroup(session, losses, batchSize, start, end);
      norms[start / microbatchSize] = Number.isFinite(squaredNorm) ? Math.sqrt(squaredNorm) : NaN;
      if (Number.isFinite(squaredNorm)) session.accumulate(clipFactor(squaredNorm, l2NormClip) / grid);
    }
    return {units: session.sums(), norms};
  } finally {
    session.dispose();
  }
}

/** The squared norm of one example's gradient; NaN where the example has to be left out. */
function measureFinite(
  session: ClipAndSum,
  losses: ArrayLike<number>,
  batchSize: number,
  example: number,
): number {
  const perExample = losses.length / batchSize;
  for (let i = example * perExample; i < (example + 1) * perExample; i++) {
    if (!Number.isFinite(losses[i])) return NaN;
  }
  return session.measure(example);
}

function measureGroup(
  session: ClipAndSum,
  losses: ArrayLike<number>,
  batchSize: number,
  start: number,
  end: number,
): number {
  const members: number[] = [];
  for (let example = start; example < end; example++) {
    if (Number.isFinite(measureFinite(session, losses, batchSize, example))) members.push(example);
  }
  // The divisor is the size of the group as it was drawn: leaving an example out must not scale up its neighbours.
  return session.measureGroup(members, 1 / (end - start));
}
