/** P(X >= successes) of a binomial X, by its sum in logarithms. */
export function binomialTail(successes: number, trials: number, probability: number): number {
  return cumulated(trials, probability, successes, trials);
}

/** P(X = successes). */
export function binomialMass(successes: number, trials: number, probability: number): number {
  return cumulated(trials, probability, successes, successes);
}

/** The largest success probability that `successes` of `trials` leave plausible at confidence 1 - rate (Clopper and Pearson 1934). */
export function largestProbability(successes: number, trials: number, rate: number): number {
  if (successes === trials) return 1;
  let [low, high] = [successes / trials, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (cumulated(trials, middle, 0, successes) > rate) low = middle;
    else high = middle;
  }
  return high;
}

function cumulated(trials: number, probability: number, from: number, to: number): number {
  if (probability <= 0) return from <= 0 ? 1 : 0;
  if (probability >= 1) return to >= trials ? 1 : 0;
  let logMass = trials * Math.log1p(-probability);
  const odds = Math.log(probability) - Math.log1p(-probability);
  let sum = 0;
  for (let k = 0; k <= to; k++) {
    if (k >= from) sum += Math.exp(logMass);
    logMass += odds + Math.log((trials - k) / (k + 1));
  }
  return Math.min(1, sum);
}
