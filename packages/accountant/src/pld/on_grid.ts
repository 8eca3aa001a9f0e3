import {discretise, type LossGrid, type LossLimits} from './discretise.js';
import {type LossMasses, type MergedMasses, mergedMasses, splitMasses} from './masses.js';
import type {PrivacyLoss} from './privacy_loss.js';
import type {LossTerm} from './tilt.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {abs, max, round} = Math;

/** Cells on either side of the mode that decide where the grid should lie, shifts tried, and rounds of search. */
const NEAR_MODE = 200;
const OFFSETS = 8;
const ROUNDS = 24;

/** A loss on a grid, for both bounds. */
export interface OnGrid {
  readonly split: LossMasses;
  readonly merged: MergedMasses;
  readonly truncated: number;
  /** How far all masses together are from 1: a check on the quadrature, and paid for. */
  readonly defect: number;
}

/** Discretises, with the grid shifted if merging would give up more than `allowed` of the mean loss otherwise. */
export function onGrid({loss}: LossTerm, step: number, limits: LossLimits, allowed: number): OnGrid {
  const plain = splitAndMerged(loss, {offset: 0, step}, limits);
  if (plain.merged.waste <= allowed || loss.densities.length === 0) return plain;
  const offset = matchingOffset(loss, step, limits, plain.merged.mode, allowed / 2);
  const shifted = splitAndMerged(loss, {offset, step}, limits);
  return shifted.merged.waste < plain.merged.waste ? shifted : plain;
}

function splitAndMerged(loss: PrivacyLoss, grid: LossGrid, limits: LossLimits): OnGrid {
  const cells = discretise(loss, grid, limits);
  const split = splitMasses(cells);
  let mass = loss.infinite + cells.above;
  for (const part of split.masses) mass += part;
  return {split, merged: mergedMasses(cells), truncated: cells.above, defect: abs(mass - 1)};
}

/**
 * A shift of the grid at which `mergedMasses` wastes at most `allowed`, or little, judged by the cells around the mode.
 * The waste is a periodic function of the shift that falls to zero at one or two places, with a kink there.
 */
function matchingOffset(
  loss: PrivacyLoss,
  step: number,
  limits: LossLimits,
  mode: number,
  allowed: number,
): number {
  const near = {
    ...limits,
    lowest: max(limits.lowest, mode - NEAR_MODE * step),
    highest: mode + NEAR_MODE * step,
  };
  // Multiples of 2^-24 of a step, so that every grid point is exact.
  const exact = (share: number): number => round(share * 2 ** 24) / 2 ** 24;
  let best = 0;
  let least = Infinity;
  const waste = (share: number): number => {
    const {waste: found} = mergedMasses(discretise(loss, {offset: exact(share) * step, step}, near));
    if (found < least) [best, least] = [share, found];
    return found;
  };
  for (let i = 0; i < OFFSETS && least > allowed; i++) waste(i / OFFSETS);
  let [left, right] = [best - 1 / OFFSETS, best + 1 / OFFSETS];
  let [atLeft, atRight] = [waste(left), waste(right)];
  for (let round = 0; round < ROUNDS && least > allowed; round++) {
    // In turn: where the line through the left end and the best point falls to zero, the same from the right, and the
    // middle of the longer part.
    const tried = [
      best + (least * (best - left)) / (atLeft - least),
      best - (least * (right - best)) / (atRight - least),
      best - left > right - best ? (left + best) / 2 : (best + right) / 2,
    ][round % 3] as number;
    if (!(tried > left && tried < right)) continue;
    const before = best;
    const atBest = least;
    const found = waste(tried);
    if (tried === before) continue;
    const [inner, outer, atOuter] = found < atBest ? [tried, before, atBest] : [before, tried, found];
    if (outer < inner) [left, atLeft] = [outer, atOuter];
    else [right, atRight] = [outer, atOuter];
  }
  return exact(best) * step;
}
