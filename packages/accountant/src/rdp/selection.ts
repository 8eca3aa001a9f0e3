/** Below this order times epsilon the closed form loses too many digits, and the simpler bound is as good. */
const SMALL = 0.03;

/**
 * Renyi divergence of any pure `epsilon`-private mechanism, that of randomised response with the losses epsilon and -epsilon:
 * ln(cosh((a - 1/2) epsilon) / cosh(epsilon / 2)) / (a - 1) (Bun and Steinke 2016, Lemma B.1).
 */
export function pureRdp(epsilon: number, order: number): number {
  const rise = order - 1;
  // ln(1 + 2 sinh(a epsilon / 2) sinh((a - 1) epsilon / 2) / cosh(epsilon / 2)), exact for a small epsilon.
  if (order * epsilon < 1) {
    const product = Math.sinh((order * epsilon) / 2) * Math.sinh((rise * epsilon) / 2);
    return Math.log1p((2 * product) / Math.cosh(epsilon / 2)) / rise;
  }
  const up = Math.log1p(Math.exp(-(2 * order - 1) * epsilon));
  return epsilon + (up - Math.log1p(Math.exp(-epsilon))) / rise;
}

/**
 * Renyi divergence of a mechanism whose losses span at most `epsilon`, such as the exponential mechanism: the largest of
 * those between binary distributions with the losses t and t - epsilon (Dong, Durfee and Rogers 2020), reached at
 * e^t = (a - 1) (e^epsilon - c) / (a (1 - c)), c = e^(-(a - 1) epsilon). At most a epsilon^2 / 8 (Cesar and Rogers 2021,
 * "Bounding, Concentrating, and Truncating", Lemma 3.4).
 */
export function boundedRangeRdp(epsilon: number, order: number): number {
  const simple = (order * epsilon * epsilon) / 8;
  if (order * epsilon < SMALL) return Math.min(simple, epsilon);
  const rise = order - 1;
  // ln of (e^epsilon - c) / (a (e^epsilon - 1)) and of e^t.
  const span = Math.log1p(-Math.exp(-order * epsilon)) - Math.log(order);
  const t = Math.log(rise) + epsilon + span - Math.log(-Math.expm1(-rise * epsilon));
  return Math.max(0, Math.min(simple, epsilon, t + (span - Math.log(-Math.expm1(-epsilon))) / rise));
}
