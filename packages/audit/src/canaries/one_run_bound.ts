import {binomialMasses} from '../statistics/binomial.js';
import {requireInteger, requireNonNegative, requireProbability, requireRate} from '../checks.js';

/** Guesses about which canaries took part. */
export interface Guesses {
  /** m: canaries, each of which took part with probability 1/2. */
  readonly canaries: number;
  /** r: canaries that were guessed about. */
  readonly guesses: number;
  /** v: guesses that were right. */
  readonly right: number;
}

/**
 * The probability that an (epsilon, delta)-private run lets so many guesses be right (Steinke, Nasr and Jagielski 2023, "Privacy
 * Auditing with One (1) Training Run", Theorem 5.2).
 */
export function oneRunPValue({canaries, guesses, right}: Guesses, epsilon: number, delta: number): number {
  requireInteger('canaries', canaries, 1);
  requireInteger('guesses', guesses, 0, canaries);
  requireInteger('right', right, 0, guesses);
  requireNonNegative('epsilon', epsilon);
  requireProbability('delta', delta);
  const masses = binomialMasses(guesses, 1 / (1 + Math.exp(-epsilon)));
  const tail = masses.subarray(right).reduce((sum, mass) => sum + mass, 0);
  let [alpha, sum] = [0, 0];
  for (let i = 1; i <= right; i++) {
    sum += masses[right - i] as number;
    alpha = Math.max(alpha, sum / i);
  }
  return Math.min(1, tail + 2 * canaries * delta * alpha);
}

/** The largest epsilon that the guesses refute at confidence 1 - rate; 0 if they refute none. */
export function oneRunEpsilon(guesses: Guesses, delta: number, rate: number): number {
  requireRate('rate', rate);
  let [low, high] = [0, 50];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (oneRunPValue(guesses, middle, delta) < rate) low = middle;
    else high = middle;
  }
  return low;
}
