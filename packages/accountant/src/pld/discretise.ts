import type {LossDensity, PrivacyLoss} from './privacy_loss.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {abs, ceil, exp, expm1, floor, max, min, round} = Math;

/** Losses offset + k * step, k an integer. Grids of the same step may be composed, whatever their offsets. */
export interface LossGrid {
  readonly offset: number;
  readonly step: number;
}

/**
 * A privacy loss on a grid from index `first` on. Cell i is the interval of losses between the points first + i and
 * first + i + 1. All masses are P-probabilities.
 */
export interface LossCells {
  readonly grid: LossGrid;
  readonly first: number;
  /** The part of each cell's mass that a mean-preserving split of the likelihood ratio sends to the cell's lower end. */
  readonly toLower: Float64Array;
  /** The part that it sends to the upper end. */
  readonly toUpper: Float64Array;
  /** Mass exactly on each point; one entry more than there are cells. */
  readonly onPoint: Float64Array;
  /** Mass below the first cell, which is left out of the cells. */
  readonly below: number;
  /** Mass above the last cell. */
  readonly above: number;
}

/** What may be left out of a discretisation. */
export interface LossLimits {
  /** Losses below this are left out. */
  readonly lowest: number;
  /** Losses above this are left out. */
  readonly highest?: number;
  /** Logarithm of the P-mass that may be left out on either side. */
  readonly logMass: number;
}

/** An atom this near to a grid point, in steps, is taken to lie on it; `PldSpectrum` pays for it. */
export const SNAP = 2 ** -30;

const NODES_3 = [-0.7745966692414834, 0, 0.7745966692414834];
const WEIGHTS_3 = [5 / 9, 8 / 9, 5 / 9];
const NODES_8 = [
  -0.9602898564975363, -0.7966664774136267, -0.525532409916329, -0.1834346424956498, 0.1834346424956498,
  0.525532409916329, 0.7966664774136267, 0.9602898564975363,
];
const WEIGHTS_8 = [
  0.10122853629037626, 0.22238103445337448, 0.31370664588787728, 0.362683783378362, 0.362683783378362,
  0.31370664588787728, 0.22238103445337448, 0.10122853629037626,
];
/** Relative change of the integrand over a panel up to which three nodes leave an error below 1e-15. */
const NARROW = 0.04;
/** The same for eight nodes. */
const WIDE = 1.5;

/**
 * Splits a privacy loss on a grid, for the upper and lower bounds of `splitMasses` and `mergedMasses`.
 *
 * A loss L in the cell [l, l + h] goes to l + h with probability expm1(l - L) / expm1(-h), which preserves the mean of the
 * likelihood ratio under Q: "connect the dots" (Doroshenko, Ghazi, Kamath, Kumar and Manurangsi 2022, "Connect the Dots:
 * Tighter Discrete Approximations of Privacy Loss Distributions"), here as an integral of positive terms by
 * Gauss-Legendre quadrature instead of by differences of the distribution function.
 */
export function discretise(privacyLoss: PrivacyLoss, grid: LossGrid, limits: LossLimits): LossCells {
  const {offset, step} = grid;
  const atoms = privacyLoss.atoms.filter(({loss}) => loss >= limits.lowest);
  const losses = atoms.map(({loss}) => loss);
  const small = ({mass = Infinity}: LossDensity): boolean => mass <= exp(limits.logMass);
  const parts = privacyLoss.densities
    .filter((density) => !small(density))
    .map((density) => ({density, ends: between(density, limits)}));
  for (const {density, ends} of parts) losses.push(...ends.map(density.loss));
  const indices = losses.map((loss) => (loss - offset) / step);
  const first = floor(min(...indices)) - 1;
  const cells = ceil(max(...indices)) + 1 - first;
  const toLower = new Float64Array(cells);
  const toUpper = new Float64Array(cells);
  const onPoint = new Float64Array(cells + 1);
  for (const {loss, mass} of atoms) {
    const index = (loss - offset) / step;
    const nearest = round(index);
    if (abs(index - nearest) < SNAP) {
      onPoint[nearest - first] = (onPoint[nearest - first] as number) + mass;
    } else {
      const cell = floor(index);
      const up = expm1(offset + cell * step - loss) / expm1(-step);
      toUpper[cell - first] = (toUpper[cell - first] as number) + up * mass;
      toLower[cell - first] = (toLower[cell - first] as number) + (1 - up) * mass;
    }
  }
  let below = 0;
  for (const {loss, mass} of privacyLoss.atoms) if (loss < limits.lowest) below += mass;
  let above = privacyLoss.densities.filter(small).reduce((sum, {mass = 0}) => sum + mass, 0);
  for (const {density, ends} of parts) {
    splitDensity(density, ends, grid, first, toLower, toUpper);
    below += density.below(ends[0]);
    above += density.above(ends[1]);
  }
  return {grid, first, toLower, toUpper, onPoint, below, above};
}

/** The outcomes between which a density is discretised. */
function between(density: LossDensity, {lowest, highest = Infinity, logMass}: LossLimits): [number, number] {
  const [from, to] = density.range(logMass);
  const end = max(from, min(to, density.position(highest)));
  return [min(max(from, density.position(lowest)), end), end];
}

function splitDensity(
  density: LossDensity,
  [from, to]: readonly [number, number],
  {offset, step}: LossGrid,
  first: number,
  toLower: Float64Array,
  toUpper: Float64Array,
): void {
  const scale = 1 / expm1(-step);
  const {loss, density: p, roughness, position, kink = Infinity} = density;
  let left = from;
  const start = max(0, floor((loss(from) - offset) / step) - 1 - first);
  for (let i = start; i < toUpper.length && left < to; i++) {
    const lowest = offset + (first + i) * step;
    const right = min(to, position(offset + (first + i + 1) * step));
    if (!(right > left)) continue;
    let up = 0;
    let total = 0;
    while (left < right) {
      const rough = max(roughness(left), roughness(min(right, left + 1 / roughness(left))));
      const stop = left < kink && kink < right ? kink : right;
      const width = min(stop - left, WIDE / rough);
      // A last panel far narrower than the rest would only add rounding.
      const reached = stop - left - width < width * 1e-3 ? stop : left + width;
      // Panels narrower than two neighbouring doubles would never end.
      const end = reached > left ? reached : stop;
      const narrow = (end - left) * rough < NARROW;
      const nodes = narrow ? NODES_3 : NODES_8;
      const weights = narrow ? WEIGHTS_3 : WEIGHTS_8;
      const half = (end - left) / 2;
      const middle = left + half;
      for (let n = 0; n < nodes.length; n++) {
        const x = middle + half * (nodes[n] as number);
        const lossAtX = loss(x);
        const mass = half * (weights[n] as number) * p(x, lossAtX);
        const share = expm1(min(0, max(-step, lowest - lossAtX))) * scale;
        total += mass;
        up += mass * share;
      }
      left = end;
    }
    toUpper[i] = (toUpper[i] as number) + up;
    toLower[i] = (toLower[i] as number) + max(0, total - up);
  }
}
