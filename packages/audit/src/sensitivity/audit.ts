import {atMost, type AuditResult} from '../result.js';
import {recordsOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';
import {distanceOverBound, exactStep, type ExactStep} from './distance.js';
import {brokenRecords, enlarged} from './hostile_records.js';
import {baseBatches, candidates, largeBatches, positions, type BaseBatch} from './neighbours.js';

/** Options of `auditSensitivity`. */
export interface SensitivityOptions {
  /** Records in the large batches. Default: 4096. */
  readonly largeBatch?: number;
}

/**
 * Makes the step without noise on many pairs of neighbouring batches, chosen to be bad, and holds the largest difference of
 * their sums against the ledger's sensitivity. Chance plays no part.
 *
 * With microbatches of one example a record is added (which moves all others by a place) and replaced; with larger ones, which
 * have no bound for an added record, it is replaced and left out in its place.
 */
export function auditSensitivity(
  subject: AuditSubject,
  {largeBatch = 4096}: SensitivityOptions = {},
): AuditResult[] {
  const form = subject.records;
  const records = recordsOf(form);
  const small = baseBatches(records, form);
  const hostile = candidates(records, form);
  const {row, replaceOneSensitivity} = exactStep(subject, records.slice(0, 1));
  const grouped = row.microbatchSize > 1;
  const replaceOne = (replaceOneSensitivity ?? (grouped ? 1 : 2) * row.sensitivity) / row.sensitivity;
  // One like the others, and one that gives all later sums other last places.
  const added = [enlarged(records[0] as RecordValues, form), ...records.slice(1, 2)];
  const result = (name: string, claim: string, bound: number, worst: Worst): AuditResult =>
    atMost({
      name: `sensitivity: ${name}`,
      claim,
      measured: worst.ratio,
      bound,
      detail: `the worst of ${worst.pairs} pairs: ${worst.where}`,
    });
  const ledger = "the ledger's sensitivity";
  return [
    ...(grouped
      ? []
      : [
          result(
            'added record',
            `moves the sum by at most ${ledger}`,
            1,
            worstAdded(subject, small, hostile),
          ),
          result(
            'added to a large batch',
            `moves the sum by at most ${ledger}`,
            1,
            worstAdded(subject, largeBatches(records, form, largeBatch), added, [0]),
          ),
          result(
            'broken record',
            'is left out whole: it moves nothing',
            0,
            worstAdded(subject, small, brokenRecords(records[0] as RecordValues, form)),
          ),
          result('order', 'does not change the sum', 0, worstReordered(subject, small)),
        ]),
    result(
      'replaced record',
      `moves the sum by at most ${grouped ? '' : 'twice '}${ledger}`,
      replaceOne,
      worstReplaced(subject, small, hostile),
    ),
  ];
}

interface Worst {
  readonly ratio: number;
  readonly where: string;
  readonly pairs: number;
}

/** Keeps the worst of many pairs. A step that fails is worse than any: whoever hands in a record must not stop the others. */
class Search {
  private worst: Worst = {ratio: 0, where: 'no difference at all', pairs: 0};

  constructor(private readonly subject: AuditSubject) {}

  step(records: readonly RecordValues[]): ExactStep | Error {
    try {
      return exactStep(this.subject, records);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  compare(a: ExactStep | Error, b: ExactStep | Error, where: string): void {
    const failed = a instanceof Error ? a : b instanceof Error ? b : undefined;
    const ratio = a instanceof Error || b instanceof Error ? Infinity : distanceOverBound(a, b);
    const pairs = this.worst.pairs + 1;
    const what = failed === undefined ? where : `${where}: the step failed (${failed.message})`;
    this.worst = ratio > this.worst.ratio ? {ratio, where: what, pairs} : {...this.worst, pairs};
  }

  result(): Worst {
    return this.worst;
  }
}

function worstAdded(
  subject: AuditSubject,
  bases: readonly BaseBatch[],
  added: readonly RecordValues[],
  places?: readonly number[],
): Worst {
  const search = new Search(subject);
  for (const {what, records} of bases) {
    const base = search.step(records);
    added.forEach((record, i) => {
      // In front every other record moves; other places make little difference, so that a few records will do.
      for (const at of places ?? (i < 4 ? positions(records.length) : [0])) {
        const more = search.step([...records.slice(0, at), record, ...records.slice(at)]);
        search.compare(base, more, `batch '${what}', hostile record ${i} at ${at}`);
      }
    });
  }
  return search.result();
}

function worstReplaced(
  subject: AuditSubject,
  bases: readonly BaseBatch[],
  others: readonly RecordValues[],
): Worst {
  const search = new Search(subject);
  for (const {what, records} of bases) {
    if (records.length === 0) continue;
    const base = search.step(records);
    others.forEach((record, i) => {
      const at = i % records.length;
      const replaced = search.step([...records.slice(0, at), record, ...records.slice(at + 1)]);
      search.compare(base, replaced, `batch '${what}', hostile record ${i} instead of ${at}`);
    });
  }
  return search.result();
}

function worstReordered(subject: AuditSubject, bases: readonly BaseBatch[]): Worst {
  const search = new Search(subject);
  for (const {what, records} of bases) {
    const base = search.step(records);
    for (const turn of [1, 2, 3]) {
      const turned = [...records.slice(turn), ...records.slice(0, turn)].reverse();
      search.compare(base, search.step(turned), `batch '${what}', turned by ${turn} and reversed`);
    }
  }
  return search.result();
}
