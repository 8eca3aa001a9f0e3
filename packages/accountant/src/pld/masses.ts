import type {LossCells, LossGrid} from './discretise.js';

/** P-probabilities of the grid points first, first + 1, ... A sum below 1 means loss left out or infinite. */
export interface LossMasses {
  readonly grid: LossGrid;
  readonly first: number;
  readonly masses: Float64Array;
}

/**
 * The pair for the upper bound: each cell's mass is split between its ends, so that the true pair is obtained from this one
 * by post-processing. Mass below the first cell is lifted onto it; mass above the last counts as infinite loss.
 */
export function splitMasses({grid, first, toLower, toUpper, onPoint, below}: LossCells): LossMasses {
  const masses = onPoint.slice();
  masses[0] = (masses[0] as number) + below;
  for (let i = 0; i < toLower.length; i++) {
    masses[i] = (masses[i] as number) + (toLower[i] as number);
    masses[i + 1] = (masses[i + 1] as number) + (toUpper[i] as number);
  }
  return {grid, first, masses};
}

/** The pair for the lower bound. */
export interface MergedMasses extends LossMasses {
  /** How much of the mean loss was given up by rounding down. */
  readonly waste: number;
  /** The loss at the heaviest cell. */
  readonly mode: number;
}

/**
 * The pair for the lower bound, obtained from the true one by post-processing: of cell i, the share u_i is sent to its
 * lower end and the rest to its upper end, where it is merged with what comes from the neighbouring cell. The likelihood
 * ratio of a point's mass is at least the point's own if what comes from above makes up for what comes from below:
 * u_i toUpper_i >= (1 - u_(i-1)) e^h toLower_(i-1). Whatever is above is rounded down to the point. Mass outside of the
 * cells is dropped.
 *
 * With equality everywhere nothing is given up. The recursion is stable towards growing mass only, so it is run from both
 * ends to the cell with the largest mass. What does not match there is wasted, unless the grid is shifted so that it does.
 */
export function mergedMasses({grid, first, toLower, toUpper, onPoint}: LossCells): MergedMasses {
  const cells = toLower.length;
  const growth = Math.exp(grid.step);
  const mode = heaviest(toLower, toUpper);
  const down = new Float64Array(cells);
  for (let i = 1; i < mode; i++) {
    const missing = (1 - (down[i - 1] as number)) * growth * (toLower[i - 1] as number);
    const surplus = toUpper[i] as number;
    if (missing <= surplus) {
      down[i] = surplus > 0 ? missing / surplus : 1;
    } else {
      down[i] = 1;
      down[i - 1] = 1 - surplus / (growth * (toLower[i - 1] as number));
    }
  }
  down[cells - 1] = 1;
  for (let i = cells - 1; i > mode; i--) {
    const surplus = (down[i] as number) * (toUpper[i] as number);
    const missing = growth * (toLower[i - 1] as number);
    down[i - 1] = missing > surplus ? 1 - surplus / missing : 0;
  }
  if (mode > 0) {
    const missing = growth * (toLower[mode - 1] as number);
    const surplus = (down[mode] as number) * (toUpper[mode] as number);
    const least = missing > surplus ? 1 - surplus / missing : 0;
    down[mode - 1] = Math.max(down[mode - 1] as number, least);
  }
  const masses = onPoint.slice();
  let waste = 0;
  for (let i = 0; i < cells; i++) {
    const mass = (toLower[i] as number) + (toUpper[i] as number);
    const share = down[i] as number;
    masses[i] = (masses[i] as number) + share * mass;
    masses[i + 1] = (masses[i + 1] as number) + (1 - share) * mass;
    waste += share * (toUpper[i] as number) - (1 - share) * growth * (toLower[i] as number);
  }
  return {
    grid,
    first,
    masses,
    waste: waste * -Math.expm1(-grid.step),
    mode: grid.offset + (first + mode) * grid.step,
  };
}

function heaviest(toLower: Float64Array, toUpper: Float64Array): number {
  let mode = 0;
  let largest = 0;
  for (let i = 0; i < toLower.length; i++) {
    const mass = (toLower[i] as number) + (toUpper[i] as number);
    if (mass > largest) [largest, mode] = [mass, i];
  }
  return mode;
}
