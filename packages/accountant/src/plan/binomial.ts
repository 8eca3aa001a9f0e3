/** P(j of n independent trials succeed), j = 0 ... n, each with probability p in [0, 1]; they add up to 1. */
export function binomialProbabilities(trials: number, p: number): number[] {
  if (p === 1) return [...Array.from({length: trials}, () => 0), 1];
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = trials * Math.log1p(-p);
  const terms = [Math.exp(logTerm)];
  for (let j = 1; j <= trials; j++) {
    logTerm += logOdds + Math.log((trials - j + 1) / j);
    terms.push(Math.exp(logTerm));
  }
  const sum = terms.reduce((total, term) => total + term, 0);
  return terms.map((term) => term / sum);
}
