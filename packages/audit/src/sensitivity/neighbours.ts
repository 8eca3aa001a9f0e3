import {enlarged, hostileRecords, scaledLabels} from './hostile_records.js';
import type {RecordForm, RecordValues} from '../subject/records.js';

/** A batch that one record is added to, or in which one is replaced. */
export interface BaseBatch {
  readonly what: string;
  readonly records: readonly RecordValues[];
}

/**
 * Batches in which one record may count for more than it should: none, one, a few, all alike, huge ones, and huge ones that
 * cancel, so that what is left is small beside what was summed.
 */
export function baseBatches(records: readonly RecordValues[], form: RecordForm): BaseBatch[] {
  const few = cycle(records, 7);
  return [
    {what: 'empty', records: []},
    {what: 'one', records: cycle(records, 1)},
    {what: 'few', records: few},
    {what: 'duplicates', records: cycle(records.slice(0, 1), 9)},
    {what: 'huge', records: few.map((record) => enlarged(record, form))},
    {what: 'cancelling', records: cancelling(records, form, 8)},
  ];
}

/** The same at a size where rounding has room to add up. */
export function largeBatches(records: readonly RecordValues[], form: RecordForm, size: number): BaseBatch[] {
  return [
    {what: `${size} alike and huge`, records: cycle([enlarged(records[0] as RecordValues, form)], size)},
    {what: `${size} cancelling`, records: cancelling(records, form, size)},
    {what: `${size} cancelling in blocks of ${BLOCK}`, records: cancellingInBlocks(records, form, size)},
  ];
}

const BLOCK = 16;

/** One that outweighs the others of its block: in groups of other sizes, or that begin elsewhere, the others show. */
function cancellingInBlocks(
  records: readonly RecordValues[],
  form: RecordForm,
  size: number,
): RecordValues[] {
  const [record] = records as [RecordValues];
  const one = enlarged(record, form);
  const others = scaledLabels(one, form, 1 - BLOCK);
  return Array.from({length: size}, (_, i) => (i % BLOCK === 0 ? others : one));
}

/** What is added, or put in another's place. */
export function candidates(records: readonly RecordValues[], form: RecordForm): RecordValues[] {
  const [record] = records as [RecordValues];
  const honest = records.slice(1, 2);
  return [...honest, ...hostileRecords(record, form, true)];
}

/** Where a record is put in: in front of all others, which then move by one, in the middle, and behind. */
export function positions(size: number): number[] {
  return [...new Set([0, Math.floor(size / 2), size])];
}

function cycle(records: readonly RecordValues[], size: number): RecordValues[] {
  return Array.from({length: size}, (_, i) => records[i % records.length] as RecordValues);
}

/** The first half one way, the second half the other. */
function cancelling(records: readonly RecordValues[], form: RecordForm, size: number): RecordValues[] {
  const [record] = records as [RecordValues];
  const one = enlarged(record, form);
  const other = scaledLabels(one, form, -1);
  return Array.from({length: size}, (_, i) => (i < size / 2 ? one : other));
}
