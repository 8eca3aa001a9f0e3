import {Ledger} from '@dp/optimizers';
import {secureSource, type RandomSource} from '@dp/random';

import {atMost, type AuditResult} from '../result.js';
import {observeStep} from '../subject/observe.js';
import {recordsOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';

const STEPS = 6;

/**
 * Whether the ledger holds every release: a row before its noise is drawn, one for each step, also of an empty batch, also of a
 * step that fails, and another for the step that is tried again. Chance plays no part.
 */
export function auditLedger(subject: AuditSubject): AuditResult[] {
  const [record] = recordsOf(subject.records) as [RecordValues];
  const drawn = watchDraws(subject, record);
  const missing = countMissing(subject, record);
  const failed = failAndRetry(subject, record);
  return [
    atMost({
      name: 'ledger: row before noise',
      claim: 'noise is drawn only after its row was written',
      measured: drawn.early,
      bound: 0,
      detail: `${drawn.early} of ${drawn.draws} draws came before their row`,
    }),
    atMost({
      name: 'ledger: a row for every step',
      claim: 'each step has a row, with an empty batch too',
      measured: missing,
      bound: 0,
      detail: `${missing} of ${STEPS} steps have none`,
    }),
    atMost({
      name: 'ledger: failed steps',
      claim: 'a step that fails keeps its row, and one that is tried again has another',
      measured: 2 - failed,
      bound: 0,
      detail: `${failed} rows after a failure and a retry`,
    }),
  ];
}

/** Counts how often noise was drawn, and how often although no row had been written since the draw before the step. */
function watchDraws(subject: AuditSubject, record: RecordValues): {draws: number; early: number} {
  const ledger = new Ledger();
  const counts = {draws: 0, early: 0};
  let rowsBefore = 0;
  const randomSource = watched(() => {
    counts.draws++;
    counts.early += Number(ledger.rows.length === rowsBefore);
  });
  const optimizer = subject.optimizer({ledger, randomSource});
  for (let step = 0; step < STEPS; step++) {
    rowsBefore = ledger.rows.length;
    tryStep(subject, optimizer, step % 2 === 0 ? [] : [[record]]);
  }
  optimizer.dispose();
  return counts;
}

function countMissing(subject: AuditSubject, record: RecordValues): number {
  const ledger = new Ledger();
  const optimizer = subject.optimizer({ledger});
  let missing = 0;
  for (let step = 0; step < STEPS; step++) {
    const before = ledger.rows.length;
    tryStep(subject, optimizer, step % 2 === 0 ? [] : [[record]]);
    missing += Number(ledger.rows.length === before);
  }
  optimizer.dispose();
  return missing;
}

/** How many rows there are after a step whose noise fails, and the same step again. */
function failAndRetry(subject: AuditSubject, record: RecordValues): number {
  const ledger = new Ledger();
  let fails = true;
  const randomSource = watched(() => {
    if (fails) throw new Error('the random source failed, as the audit asked');
  });
  const optimizer = subject.optimizer({ledger, randomSource});
  tryStep(subject, optimizer, [[record]]);
  fails = false;
  tryStep(subject, optimizer, [[record]]);
  optimizer.dispose();
  return ledger.rows.filter(({what}) => what === 'gradientSum').length;
}

/** A step that fails, or leaves no row, is what is counted here. */
function tryStep(...step: Parameters<typeof observeStep>): void {
  try {
    observeStep(...step);
  } catch {
    // Counted by its rows.
  }
}

function watched(onFill: () => void): RandomSource {
  const source = secureSource();
  return {
    ...source,
    fill(words) {
      onFill();
      source.fill(words);
    },
  };
}
