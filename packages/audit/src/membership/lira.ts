import {normalTail} from '../statistics/normal_tail.js';
import {requireBooleans, requireInteger, requireModerate, requireSome} from '../checks.js';

/** Each record's confidence under one shadow model, and whether that model was trained on it. */
export interface Shadow {
  readonly confidences: readonly number[];
  readonly isMember: readonly boolean[];
}

/** With fewer shadows a record's own variances are too uncertain, and all records share theirs. */
const OWN_VARIANCE_FROM = 64;

/**
 * The likelihood ratio attack (Carlini et al. 2022, "Membership Inference Attacks From First Principles"): for each record, whether
 * the target's confidence looks like that of shadow models which were trained on it, or of others.
 *
 * @param target - The target's confidences.
 * @returns `online`: the log likelihood ratio of two normals. `offline`: from shadows without the record alone, which a real attacker
 *   can train beforehand: the log odds that a model without it would be less confident.
 */
export function likelihoodRatios(
  target: readonly number[],
  shadows: readonly Shadow[],
): {readonly online: number[]; readonly offline: number[]} {
  requireModerate('target', target);
  requireSome('shadows', shadows);
  for (const {confidences, isMember} of shadows) {
    requireModerate('confidences of a shadow', confidences);
    requireInteger('confidences of a shadow, their number', confidences.length, target.length, target.length);
    requireBooleans('isMember of a shadow', isMember, target.length);
  }
  const groups = target.map((_, i) => {
    const own = (member: boolean): number[] =>
      shadows.filter(({isMember}) => isMember[i] === member).map(({confidences}) => confidences[i] as number);
    return {present: own(true), absent: own(false)};
  });
  const present = normalsOf(groups.map((group) => group.present));
  const absent = normalsOf(groups.map((group) => group.absent));
  const offline = target.map((confidence, i) => {
    const {mean, deviation} = absent[i] as Normal;
    const x = (confidence - mean) / deviation;
    return logTail(-x) - logTail(x);
  });
  const online = target.map(
    (confidence, i) =>
      logDensity(confidence, present[i] as Normal) - logDensity(confidence, absent[i] as Normal),
  );
  return {online, offline};
}

interface Normal {
  readonly mean: number;
  readonly deviation: number;
}

function normalsOf(samples: readonly (readonly number[])[]): Normal[] {
  const everyMean = meanOf(samples.flat());
  const means = samples.map((own) => (own.length > 0 ? meanOf(own) : everyMean));
  const squares = samples.map((own, i) =>
    own.reduce((sum, value) => sum + (value - (means[i] as number)) ** 2, 0),
  );
  const freedom = samples.reduce((sum, own) => sum + Math.max(0, own.length - 1), 0);
  const shared = squares.reduce((sum, square) => sum + square, 0) / Math.max(1, freedom);
  return samples.map((own, i) => {
    const variance = own.length < OWN_VARIANCE_FROM / 2 ? shared : (squares[i] as number) / (own.length - 1);
    return {mean: means[i] as number, deviation: Math.sqrt(variance) || 1};
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function logDensity(x: number, {mean, deviation}: Normal): number {
  return -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation);
}

/** log P(X > x), finite however far out. */
function logTail(x: number): number {
  return x < 30 ? Math.log(normalTail(x)) : -(x * x) / 2 - Math.log(x * Math.sqrt(2 * Math.PI));
}
