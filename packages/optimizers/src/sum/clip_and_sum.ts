import {openClipAndSum, type ClipAndSum, type PerExampleParameter} from '@dp/kernels/on-demand';

import {automaticFactor, clipFactor} from '../clip/factor.js';
import type {ClippedPart, ClippingPlan} from '../clip/plan.js';

/**
 * Clips each example's (or microbatch's) gradient as planned, rounds it to the grid and sums exactly.
 * An example whose loss, norm or any coordinate is not finite is left out whole, by selection (privacy rule 10); how many
 * were left out is private and goes nowhere. Sensitive in all its arguments but the plan.
 *
 * @param losses - [B * T], the T loss entries of each example in a row.
 * @returns `units`, one array a parameter, in grid units: integers held in float64; and `norms`, the L2 norm of each group
 *   before clipping, over all parameters, NaN where it was left out.
 */
export function clippedSum(
  parameters: readonly PerExampleParameter[],
  losses: ArrayLike<number>,
  batchSize: number,
  plan: ClippingPlan,
): {readonly units: Float64Array[]; readonly norms: Float64Array} {
  const {microbatchSize, parts} = plan;
  const norms = new Float64Array(Math.ceil(batchSize / microbatchSize));
  const sessions: Session[] = [];
  try {
    for (const part of parts) sessions.push(openPart(part, parameters, plan));
    for (let start = 0; start < batchSize; start += microbatchSize) {
      const end = Math.min(start + microbatchSize, batchSize);
      const measured = sessions.map(({session}) =>
        microbatchSize === 1
          ? measureFinite(session, losses, batchSize, start)
          : measureGroup(session, losses, batchSize, start, end),
      );
      const squaredNorm = measured.reduce((total, part) => total + part, 0);
      norms[start / microbatchSize] = Number.isFinite(squaredNorm) ? Math.sqrt(squaredNorm) : NaN;
      // One part that is not finite leaves the example out of all.
      if (Number.isFinite(squaredNorm)) {
        sessions.forEach(({session, scale}, p) => session.accumulate(scale(measured[p] as number)));
      }
    }
    const units: Float64Array[] = parameters.map(() => new Float64Array());
    for (const {session, part} of sessions) {
      session.sums().forEach((sum, i) => (units[part.variables[i] as number] = sum));
    }
    return {units, norms};
  } finally {
    for (const {session} of sessions) session.dispose();
  }
}

interface Session {
  readonly session: ClipAndSum;
  readonly part: ClippedPart;
  /** What a gradient of this squared norm is multiplied by, in grid units. */
  readonly scale: (squaredNorm: number) => number;
}

function openPart(
  part: ClippedPart,
  parameters: readonly PerExampleParameter[],
  {clipping, grid}: ClippingPlan,
): Session {
  const {l2NormClip} = part;
  const scale =
    clipping !== 'flat' && clipping.kind === 'automatic'
      ? (squaredNorm: number) => automaticFactor(squaredNorm, l2NormClip, clipping.gamma) / grid
      : (squaredNorm: number) => clipFactor(squaredNorm, l2NormClip) / grid;
  const session = openClipAndSum(part.variables.map((v) => parameters[v] as PerExampleParameter));
  return {session, part, scale};
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
