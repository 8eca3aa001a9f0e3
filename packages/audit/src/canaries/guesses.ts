import {oneRunEpsilon, type Guesses} from './one_run_bound.js';
import {requireBooleans, requireNumbers, requireProbability, requireRate} from '../checks.js';

/** Shares of the canaries that are guessed about; each is a bound of its own, and the rate is split among them. */
const SHARES = [1 / 200, 1 / 50, 1 / 10, 1 / 4, 1 / 2, 1];

/** What an auditor has who scores each canary by how much it seems to have taken part. */
export interface ScoredCanaries {
  /** One a canary; the larger, the likelier it took part. A function of what was released alone. */
  readonly scores: ArrayLike<number>;
  /** Whether its coin let it take part. */
  readonly isIn: ArrayLike<boolean>;
}

/** A lower bound of epsilon, and the guesses that it comes from. */
export interface GuessedBound extends Guesses {
  readonly epsilon: number;
}

/**
 * Guesses that the canaries of the highest scores took part and those of the lowest did not, of several shares of them, and takes
 * the best bound (Steinke, Nasr and Jagielski 2023).
 *
 * @param rate - The probability with which the bound is above the true epsilon, all shares together.
 */
export function boundOfScores({scores, isIn}: ScoredCanaries, delta: number, rate: number): GuessedBound {
  requireRate('rate', rate);
  requireProbability('delta', delta);
  requireNumbers('scores', scores);
  requireBooleans('isIn', isIn, scores.length);
  const order = Array.from({length: scores.length}, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number),
  );
  const inOrder = order.map((i) => isIn[i] as boolean);
  const bounds = SHARES.map((share): GuessedBound => {
    const side = Math.floor((share * order.length) / 2);
    const right =
      inOrder.slice(0, side).filter((took) => took).length +
      inOrder.slice(order.length - side).filter((took) => !took).length;
    const guesses = {canaries: order.length, guesses: 2 * side, right};
    return {...guesses, epsilon: oneRunEpsilon(guesses, delta, rate / SHARES.length)};
  });
  return bounds.reduce((a, b) => (b.epsilon > a.epsilon ? b : a));
}
