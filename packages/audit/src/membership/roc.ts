import {largestProbability, smallestProbability} from '../statistics/binomial.js';
import {
  requireBooleans,
  requireNonNegative,
  requireNumbers,
  requireProbability,
  requireRate,
} from '../checks.js';

/** A point of a receiver operating characteristic. */
export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** How an attack does at every threshold. */
export interface Roc {
  readonly attack: string;
  readonly members: number;
  readonly others: number;
  /** From (0, 0) to (1, 1), one point a threshold; records of one score cross it together. */
  readonly points: readonly RocPoint[];
  /** The area under it: the probability that a member scores above another record, ties counted half. */
  readonly area: number;
}

/** A true-positive rate with its confidence interval. */
export interface RateWithin {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/** @param scores - One a record; the larger, the likelier a member. */
export function rocOf(attack: string, scores: readonly number[], isMember: readonly boolean[]): Roc {
  requireNumbers('scores', scores);
  requireBooleans('isMember', isMember, scores.length);
  const order = scores
    .map((score, i) => ({score, member: isMember[i] === true}))
    .sort((a, b) => b.score - a.score);
  const members = order.filter(({member}) => member).length;
  const others = order.length - members;
  const points: RocPoint[] = [{falsePositiveRate: 0, truePositiveRate: 0}];
  let [truePositives, falsePositives, area] = [0, 0, 0];
  order.forEach(({score, member}, i) => {
    if (member) truePositives++;
    else falsePositives++;
    if (score === order[i + 1]?.score) return;
    const before = points.at(-1) as RocPoint;
    const point = {falsePositiveRate: falsePositives / others, truePositiveRate: truePositives / members};
    const width = point.falsePositiveRate - before.falsePositiveRate;
    area += (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
    points.push(point);
  });
  return {attack, members, others, points, area};
}

/**
 * The best true-positive rate among thresholds of at most a false-positive rate, with Clopper and Pearson's interval, as if records
 * were independent.
 *
 * @param rate - The probability with which the true rate is outside of the interval. Default: 0.05.
 */
export function truePositiveRateAt(
  {points, members}: Roc,
  falsePositiveRate: number,
  rate = 0.05,
): RateWithin {
  requireProbability('falsePositiveRate', falsePositiveRate);
  requireRate('rate', rate);
  const allowed = points.filter((point) => point.falsePositiveRate <= falsePositiveRate);
  const best = Math.max(...allowed.map((point) => point.truePositiveRate));
  const found = Math.round(best * members);
  return {
    rate: best,
    low: smallestProbability(found, members, rate / 2),
    high: largestProbability(found, members, rate / 2),
  };
}

/**
 * The largest true-positive rate that any attack on an (epsilon, delta)-private training has at a false-positive rate (Kairouz, Oh
 * and Viswanath 2015).
 */
export function largestTruePositiveRate(
  falsePositiveRate: number,
  {epsilon, delta}: {readonly epsilon: number; readonly delta: number},
): number {
  requireProbability('falsePositiveRate', falsePositiveRate);
  requireNonNegative('epsilon', epsilon);
  requireProbability('delta', delta);
  return Math.min(
    1,
    Math.exp(epsilon) * falsePositiveRate + delta,
    1 - Math.exp(-epsilon) * (1 - delta - falsePositiveRate),
  );
}
