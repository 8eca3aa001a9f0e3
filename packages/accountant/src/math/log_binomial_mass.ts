const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;
/** Factorials up to this one are summed, Stirling's series is exact to a double beyond. */
const LARGEST_FACTORIAL = 15;
/** Relative distance up to which x ln(x / m) + m - x is a series. */
const NEAR = 0.1;

/**
 * ln P(X = k) for X ~ Binomial(n, p), 0 < p < 1, by Loader's saddle point form (2000, "Fast and Accurate Computation of
 * Binomial Probabilities"), in which large logarithms do not cancel. Error: about |k - n p| / 2^52.
 */
export function logBinomialMass(n: number, k: number, p: number): number {
  if (k < 0 || k > n) return -Infinity;
  if (k === 0) return n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  const rest = n - k;
  const correction = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  const deviance = relativeEntropy(k, n * p) + relativeEntropy(rest, n - n * p);
  return correction - deviance + (Math.log(n / k) - Math.log(rest)) / 2 - HALF_LOG_TWO_PI;
}

/** ln(n!) - ln(sqrt(2 pi n) (n / e)^n). */
function stirlingError(n: number): number {
  if (n <= LARGEST_FACTORIAL) {
    let factorial = 1;
    for (let i = 2; i <= n; i++) factorial *= i;
    return Math.log(factorial) - HALF_LOG_TWO_PI - (n + 0.5) * Math.log(n) + n;
  }
  const s = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / s) / s) / s) / s) / n;
}

/** x ln(x / m) + m - x >= 0, without cancellation. */
function relativeEntropy(x: number, m: number): number {
  const distance = x - m;
  const v = distance / (x + m);
  if (Math.abs(v) >= NEAR) return x * Math.log(x / m) - distance;
  let sum = distance * v;
  let power = 2 * x * v;
  for (let j = 1; ; j++) {
    power *= v * v;
    const next = sum + power / (2 * j + 1);
    if (next === sum) return sum;
    sum = next;
  }
}
