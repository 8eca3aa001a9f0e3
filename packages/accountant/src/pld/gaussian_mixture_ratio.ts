// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {exp, expm1, log, log1p, max, min} = Math;

/** Component means >= 0 in units of the sensitivity, and their probabilities. */
export interface Mixture {
  readonly means: readonly number[];
  readonly probabilities: readonly number[];
}

/** R(x) = M(x) / N(x) of M = sum of w_j N(s_j, z^2), s_j >= 0, and N = N(0, z^2); rising in x. */
export interface MixtureRatio {
  /** ln R, exact also where the ratio is near 1. */
  readonly log: (x: number) => number;
  /** The inverse of ln R: -Infinity at and below its smallest value. */
  readonly position: (loss: number) => number;
  /** The largest mean that matters for R near x: the others' parts of it are below e^-40. */
  readonly reach: (x: number) => number;
}

/** A ratio above e^36 is as good as the same plus 1. */
const LARGE = 36;
/** A part e^-45 of a sum of some hundreds is below its rounding. */
const SMALL = -45;
const REACHED = -40;
const MOST_NEWTON_STEPS = 60;

/** The ratio for a mixture, with standard deviation z > 0. */
export function mixtureRatio(mixture: Mixture, z: number): MixtureRatio {
  const {means, probabilities} = mixture;
  const [m0 = 0, m1 = 0] = means;
  if (means.length === 1) return ofOne(m0, z);
  if (means.length === 2 && m0 === 0) return ofSampled(m1, probabilities[1] as number, z);
  return ofMany(mixture, z);
}

function ofOne(mean: number, z: number): MixtureRatio {
  return {
    log: (x) => (mean * (2 * x - mean)) / (2 * z * z),
    position: (loss) => (loss * z * z) / mean + mean / 2,
    reach: () => mean,
  };
}

/** R = 1 - q + q e^y. */
function ofSampled(mean: number, q: number, z: number): MixtureRatio {
  const [logStay, logDraw] = [log1p(-q), log(q)];
  return {
    log: (x) => {
      const y = (mean * (2 * x - mean)) / (2 * z * z);
      return y < LARGE ? log1p(q * expm1(y)) : y + logDraw + log1p(exp(logStay - logDraw - y));
    },
    position: (loss) => {
      if (loss <= logStay) return -Infinity;
      const excess = expm1(loss) / q;
      if (excess <= -1) return -Infinity;
      return mean / 2 + ((z * z) / mean) * (loss < LARGE ? log1p(excess) : loss - logDraw);
    },
    reach: () => mean,
  };
}

function ofMany({means, probabilities}: Mixture, z: number): MixtureRatio {
  const parts = means
    .map((mean, j) => ({mean, weight: probabilities[j] as number}))
    .filter(({weight}) => weight > 0)
    .sort((a, b) => a.mean - b.mean);
  const count = parts.length;
  const mean = Float64Array.from(parts, (part) => part.mean);
  const weight = Float64Array.from(parts, (part) => part.weight);
  const logWeight = weight.map(log);
  const smallest = log(parts.reduce((sum, part) => (part.mean === 0 ? sum + part.weight : sum), 0));
  const twoVariances = 2 * z * z;
  /** ln of w_j N(s_j)(x) / N(0)(x). */
  const logPart = (j: number, x: number): number => {
    const m = mean[j] as number;
    return (logWeight[j] as number) + (m * (2 * x - m)) / twoVariances;
  };
  const topAt = (x: number): number => {
    let top = -Infinity;
    for (let j = 0; j < count; j++) top = max(top, logPart(j, x));
    return top;
  };
  const excess = (x: number): number => {
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const [m, w] = [mean[j] as number, weight[j] as number];
      const power = (m * (2 * x - m)) / twoVariances;
      if (power < SMALL) sum -= w;
      else sum += power < LARGE ? w * expm1(power) : exp((logWeight[j] as number) + power) - w;
    }
    return sum;
  };
  const logAt = (x: number): number => {
    const top = topAt(x);
    if (top < LARGE) {
      const above = excess(x);
      if (above > -0.5) return log1p(above);
    }
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const part = logPart(j, x) - top;
      if (part > SMALL) sum += exp(part);
    }
    return top + log(sum);
  };
  const slope = (x: number, value: number): number => {
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const part = logPart(j, x) - value;
      if (part > SMALL) sum += (mean[j] as number) * exp(part);
    }
    return (2 * sum) / twoVariances;
  };
  return {
    log: logAt,
    position: (loss) => {
      if (loss <= smallest) return -Infinity;
      // ln R is convex, and each part's logarithm is below it, so Newton's method falls from here to the root.
      let x = Infinity;
      for (let j = 0; j < count; j++) {
        const m = mean[j] as number;
        if (m > 0) x = min(x, ((loss - (logWeight[j] as number)) * twoVariances) / (2 * m) + m / 2);
      }
      for (let step = 0; step < MOST_NEWTON_STEPS; step++) {
        const value = logAt(x);
        const steepness = slope(x, value);
        const next = x - (value - loss) / steepness;
        if (!(next < x) || !(steepness > 0)) break;
        x = next;
      }
      return x;
    },
    reach: (x) => {
      const least = topAt(x) + REACHED;
      let j = count - 1;
      while (logPart(j, x) < least) j--;
      return mean[j] as number;
    },
  };
}
