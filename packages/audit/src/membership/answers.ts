import {AuditError} from '../errors.js';
import type {MembershipSubject} from './subject.js';

/** What a model's answer about a record shows of how well it knows the record. */
export interface Answer {
  /** Cross entropy. */
  readonly loss: number;
  /** Of the predicted classes, without regard to the label. */
  readonly entropy: number;
  /**
   * -(1 - p_y) log p_y - sum over other classes of p log(1 - p): an entropy that is large also where a wrong class is predicted with
   * confidence (Song and Mittal 2021, "Systematic Evaluation of Privacy Risks of Machine Learning Models").
   */
  readonly modifiedEntropy: number;
  /** log(p_y / (1 - p_y)), which is near normal over models (Carlini et al. 2022). */
  readonly confidence: number;
}

/**
 * Reads answers off logits.
 *
 * @throws AuditError for logits of another size, or that are not finite.
 */
export function answersOf(
  logits: Float32Array,
  {labels, numClasses}: Pick<MembershipSubject, 'labels' | 'numClasses'>,
): Answer[] {
  if (logits.length !== labels.length * numClasses) {
    throw new AuditError(
      `train must return ${labels.length} rows of ${numClasses} logits, got ${logits.length} numbers`,
    );
  }
  if (!logits.every(Number.isFinite)) {
    throw new AuditError('logits must be finite numbers; a training that diverged cannot be attacked');
  }
  return Array.from({length: labels.length}, (_, i) =>
    answerOf(logits.subarray(i * numClasses, (i + 1) * numClasses), labels[i] as number),
  );
}

function answerOf(logits: Float32Array, label: number): Answer {
  const own = logits[label] ?? NaN;
  const others = logSumExp(logits.filter((_, k) => k !== label));
  const confidence = own - others;
  const all = logSumExp(logits);
  let [entropy, modifiedEntropy] = [0, 0];
  logits.forEach((logit, k) => {
    const logP = logit - all;
    const p = Math.exp(logP);
    entropy -= p * logP;
    // log(1 - p) of a class near certainty, without cancellation.
    const logRest = logSumExp(logits.filter((_, other) => other !== k)) - all;
    modifiedEntropy -= k === label ? Math.exp(logRest) * logP : p * logRest;
  });
  return {loss: all - own, entropy, modifiedEntropy, confidence};
}

function logSumExp(values: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
