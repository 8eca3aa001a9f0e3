import type {DrawnBatch, Sampling, SamplingOf} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import type {AuditSubject} from '../subject/subject.js';

/** What joins batches: records, or the users whose records they are. */
export interface Units {
  readonly count: number;
  /** The unit of a record; -1 for a record that is not there. */
  readonly of: (record: number) => number;
}

/** Many batches of a sampler. Sensitive. */
export interface Batches<S extends Sampling> {
  readonly sampling: S;
  readonly batches: readonly Int32Array[];
}

/** What they looked like. Sensitive. */
export interface Draws {
  readonly sizes: readonly number[];
  /** How often each unit was drawn. */
  readonly inclusions: Float64Array;
  /** How many units each batch shares with the one before; one entry less. */
  readonly shared: readonly number[];
  /** How many batches name a unit twice, or one that is not there. */
  readonly faulty: number;
}

/**
 * Draws batches.
 *
 * @throws AuditError if the kind of sampling changes on the way.
 */
export function drawBatches<K extends Sampling['kind']>(
  next: () => DrawnBatch,
  count: number,
  kind: K,
): Batches<SamplingOf<K>> {
  const drawn = Array.from({length: count}, next);
  const first = drawn[0]?.sampling;
  if (first?.kind !== kind || drawn.some(({sampling}) => sampling.kind !== kind)) {
    throw new AuditError(
      `the sampler calls its batches ${first?.kind ?? 'nothing'} at first and something else later`,
    );
  }
  return {sampling: first as SamplingOf<K>, batches: drawn.map(({indices}) => indices)};
}

/** Records as their own units. */
export function recordUnits(numExamples: number): Units {
  return {count: numExamples, of: (record) => (record >= 0 && record < numExamples ? record : -1)};
}

/** Counts who was drawn. */
export function countDraws(batches: readonly Int32Array[], {count, of}: Units): Draws {
  const inclusions = new Float64Array(count);
  const lastBatchOf = new Int32Array(count).fill(-1);
  let faulty = 0;
  const shared: number[] = [];
  batches.forEach((records, b) => {
    let common = 0;
    let bad = false;
    for (const record of records) {
      const unit = of(record);
      bad ||= unit < 0 || lastBatchOf[unit] === b;
      if (unit < 0) continue;
      if (b > 0 && lastBatchOf[unit] === b - 1) common++;
      lastBatchOf[unit] = b;
      inclusions[unit] = (inclusions[unit] ?? 0) + 1;
    }
    faulty += Number(bad);
    if (b > 0) shared.push(common);
  });
  return {sizes: batches.map(({length}) => length), inclusions, shared, faulty};
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
