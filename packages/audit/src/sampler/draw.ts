import type {DrawnBatch, Sampling} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import type {AuditSubject} from '../subject/subject.js';

/** What many batches of a sampler looked like. Sensitive. */
export interface Draws<S extends Sampling> {
  readonly sampling: S;
  readonly sizes: readonly number[];
  /** How often each record was drawn. */
  readonly inclusions: Float64Array;
  /** How many records each batch shares with the one before; one entry less. */
  readonly shared: readonly number[];
  /** How many batches name a record twice, or one that is not there. */
  readonly faulty: number;
}

/**
 * Draws batches and counts.
 *
 * @throws AuditError if the kind of sampling changes on the way.
 */
export function drawBatches<K extends Sampling['kind']>(
  next: () => DrawnBatch,
  count: number,
  kind: K,
): Draws<Sampling & {readonly kind: K}> {
  const batches = Array.from({length: count}, next);
  const first = batches[0]?.sampling;
  if (first?.kind !== kind || batches.some(({sampling}) => sampling.kind !== kind)) {
    throw new AuditError(
      `the sampler calls its batches ${first?.kind ?? 'nothing'} at first and something else later`,
    );
  }
  const sampling = first as Sampling & {readonly kind: K};
  const {numExamples = 0} = sampling as {readonly numExamples?: number};
  const inclusions = new Float64Array(numExamples);
  const lastBatchOf = new Int32Array(numExamples).fill(-1);
  let faulty = 0;
  const shared: number[] = [];
  batches.forEach(({indices}, b) => {
    let common = 0;
    let bad = false;
    for (const index of indices) {
      bad ||= index < 0 || index >= numExamples || lastBatchOf[index] === b;
      if (b > 0 && lastBatchOf[index] === b - 1) common++;
      lastBatchOf[index] = b;
      inclusions[index] = (inclusions[index] ?? 0) + 1;
    }
    faulty += Number(bad);
    if (b > 0) shared.push(common);
  });
  return {sampling, sizes: batches.map(({indices}) => indices.length), inclusions, shared, faulty};
}

/** A sampler that has drawn nothing yet. */
export function freshSampler({sampler, name}: AuditSubject): {
  readonly first: DrawnBatch;
  readonly next: () => DrawnBatch;
  readonly stepsPerEpoch: number;
} {
  if (sampler === undefined) throw new AuditError(`subject '${name}' has no sampler to audit`);
  const made = sampler();
  const first = made.next();
  let isFirst = true;
  return {
    first,
    stepsPerEpoch: made.stepsPerEpoch,
    next: () => {
      if (!isFirst) return made.next();
      isFirst = false;
      return first;
    },
  };
}
