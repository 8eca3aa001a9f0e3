import type {PrivacyLoss} from './privacy_loss.js';

// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {exp, log, max, min} = Math;

/** A privacy loss as a short list of values in rising order with their masses, good for planning, not for bounds. */
export interface LossNodes {
  readonly losses: Float64Array;
  readonly logMasses: Float64Array;
}

const MOST_PANELS = 2000;
const NODES = [-0.8611363115940526, -0.33998104358485626, 0.33998104358485626, 0.8611363115940526];
const WEIGHTS = [0.34785484513745385, 0.6521451548625462, 0.6521451548625462, 0.34785484513745385];

/**
 * Four-point Gauss-Legendre nodes of the density, on panels as wide as its roughness allows, and the atoms; outside of them
 * is a mass of at most exp(`logMass`) on either side.
 */
export function lossNodes({atoms, densities}: PrivacyLoss, logMass: number): LossNodes {
  const nodes = atoms.map(({loss, mass}) => [loss, log(mass)] as const);
  for (const density of densities) {
    if ((density.mass ?? Infinity) <= exp(logMass)) continue;
    const [from, to] = density.range(logMass);
    const least = (to - from) / MOST_PANELS;
    for (let left = from; left < to;) {
      const right = min(to, left + max(least, 1.5 / density.roughness(left)));
      const half = (right - left) / 2;
      for (let i = 0; i < NODES.length; i++) {
        const x = left + half * (1 + (NODES[i] as number));
        const loss = density.loss(x);
        const mass = half * (WEIGHTS[i] as number) * density.density(x, loss);
        if (mass > 0) nodes.push([loss, log(mass)]);
      }
      // Neither would panels narrower than two neighbouring doubles end, nor any of a range that is no number.
      if (!(right > left)) break;
      left = right;
    }
  }
  nodes.sort(([a], [b]) => a - b);
  return {
    losses: Float64Array.from(nodes, ([loss]) => loss),
    logMasses: Float64Array.from(nodes, ([, logMass]) => logMass),
  };
}

/** K(s) = ln E[e^(s L)] and its first two derivatives. */
export interface Cumulants {
  readonly log: number;
  readonly mean: number;
  readonly variance: number;
}

/** The cumulants of the loss under exponential tilting by `tilt`. */
export function cumulants({losses, logMasses}: LossNodes, tilt: number): Cumulants {
  let top = -Infinity;
  for (let i = 0; i < losses.length; i++) {
    top = max(top, (logMasses[i] as number) + tilt * (losses[i] as number));
  }
  let [sum, first, second] = [0, 0, 0];
  for (let i = 0; i < losses.length; i++) {
    const loss = losses[i] as number;
    const weight = exp((logMasses[i] as number) + tilt * loss - top);
    sum += weight;
    first += weight * loss;
    second += weight * loss * loss;
  }
  const mean = first / sum;
  return {log: top + log(sum), mean, variance: max(0, second / sum - mean * mean)};
}
