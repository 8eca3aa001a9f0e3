/** P(X = k) of a binomial X, for k from 0 to `trials`, by logarithms. */
export function binomialMasses(trials: number, probability: number): Float64Array {
  const masses = new Float64Array(trials + 1);
  if (probability <= 0 || probability >= 1) {
    masses[probability <= 0 ? 0 : trials] = 1;
    return masses;
  }
  const odds = Math.log(probability) - Math.log1p(-probability);
  let logMass = trials * Math.log1p(-probability);
  for (let k = 0; k <= trials; k++) {
    masses[k] = Math.exp(logMass);
    logMass += odds + Math.log((trials - k) / (k + 1));
  }
  return masses;
}

/** The largest success probability that `successes` of `trials` leave plausible at confidence 1 - rate (Clopper and Pearson 1934). */
export function largestProbability(successes: number, trials: number, rate: number): number {
  if (successes === trials) return 1;
  let [low, high] = [successes / trials, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    const masses = binomialMasses(trials, middle).subarray(0, successes + 1);
    if (masses.reduce((sum, mass) => sum + mass, 0) > rate) low = middle;
    else high = middle;
  }
  return high;
}

/** The smallest, likewise. */
export function smallestProbability(successes: number, trials: number, rate: number): number {
  return 1 - largestProbability(trials - successes, trials, rate);
}
