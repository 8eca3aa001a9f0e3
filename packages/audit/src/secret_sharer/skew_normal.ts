import {normalTail} from '../statistics/normal_tail.js';

/** The distribution with density 2 / scale phi(z) Phi(shape z), z = (x - location) / scale (Azzalini 1985). */
export interface SkewNormal {
  readonly location: number;
  readonly scale: number;
  readonly shape: number;
}

/** No skew-normal has more than 0.9953. */
const MAX_SKEWNESS = 0.99;
/** Of Simpson's rule, in each direction from the mode at most so many widths. */
const INTERVALS = 4000;
const WIDTHS = 40;

/** By moments: mean, variance, skewness. */
export function fitSkewNormal(sample: Float64Array): SkewNormal {
  const moment = (power: number, about: number): number =>
    sample.reduce((sum, value) => sum + (value - about) ** power, 0) / sample.length;
  const mean = moment(1, 0);
  const variance = moment(2, mean);
  const skewness = Math.min(MAX_SKEWNESS, Math.max(-MAX_SKEWNESS, moment(3, mean) / variance ** 1.5));
  // skewness = (4 - pi) / 2 m^3 / (1 - m^2)^(3/2), where m = delta sqrt(2 / pi) is the mean of the standard one.
  const ratio = Math.cbrt((2 * skewness) / (4 - Math.PI));
  const m = ratio / Math.sqrt(1 + ratio ** 2);
  const delta = m * Math.sqrt(Math.PI / 2);
  const scale = Math.sqrt(variance / (1 - m ** 2));
  return {location: mean - scale * m, scale, shape: delta / Math.sqrt(1 - delta ** 2)};
}

/** log P(X <= x), also far below where the probability itself is 0 in doubles. */
export function logSkewNormalBelow(x: number, {location, scale, shape}: SkewNormal): number {
  const z = (x - location) / scale;
  const logDensity = (t: number): number =>
    Math.LN2 - (t * t) / 2 - Math.log(2 * Math.PI) / 2 + logNormalBelow(shape * t);
  // The density over its largest value left of z, which is at z itself in the lower tail.
  const steepness = Math.max(0, -z) * (shape > 0 ? 1 + shape ** 2 : 1);
  const length = Math.max(0, z) + WIDTHS / (1 + steepness);
  const values = Array.from({length: INTERVALS + 1}, (_, i) => logDensity(z - (length * i) / INTERVALS));
  const largest = values.reduce((a, b) => Math.max(a, b));
  const sum = values.reduce((total, value, i) => {
    const weight = i === 0 || i === INTERVALS ? 1 : i % 2 === 1 ? 4 : 2;
    return total + weight * Math.exp(value - largest);
  }, 0);
  return Math.min(0, largest + Math.log((sum * length) / INTERVALS / 3));
}

/** Kolmogorov and Smirnov's distance, at up to 200 places of the sample. */
export function distanceOfSkewNormal(sample: Float64Array, fitted: SkewNormal): number {
  const sorted = sample.slice().sort();
  const stride = Math.ceil(sorted.length / 200);
  let distance = 0;
  for (let i = 0; i < sorted.length; i += stride) {
    const below = Math.exp(logSkewNormalBelow(sorted[i] as number, fitted));
    distance = Math.max(distance, Math.abs(below - (i + 0.5) / sorted.length));
  }
  return distance;
}

/** log P(X <= x) of a standard normal, finite however far out. */
function logNormalBelow(x: number): number {
  return x > -30 ? Math.log(normalTail(-x)) : -(x * x) / 2 - Math.log(-x * Math.sqrt(2 * Math.PI));
}
