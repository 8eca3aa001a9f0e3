import {Ledger, type LedgerRow} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import {observeAlone, observeStep} from '../subject/observe.js';
import {recordsOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';

/** How a batch came: its noise must be the same in every case. */
export type BatchKind = 'empty' | 'whole' | 'in pieces';

/** The noise of one step, in the standard deviations that its ledger row claims: standard normals, if the row is right. */
export interface Residuals {
  readonly kind: BatchKind;
  /** One array a variable. */
  readonly values: readonly Float64Array[];
  /** Whether no example touched a coordinate: then nothing but noise may be in it. */
  readonly untouched: readonly Uint8Array[];
}

const KINDS: readonly BatchKind[] = ['empty', 'whole', 'in pieces'];

/**
 * Makes steps with noise, takes off what the same steps give without, and measures what is left in the deviation that each
 * step's ledger row claims.
 *
 * @throws AuditError for steps whose noise is not fresh and alike in every coordinate: without noise, per layer, by trees.
 */
export function measureResiduals(subject: AuditSubject, steps: number): Residuals[] {
  const records = recordsOf(subject.records);
  const optimizer = subject.optimizer({ledger: new Ledger()});
  try {
    return Array.from({length: steps}, (_, step) => {
      const kind = KINDS[step % KINDS.length] as BatchKind;
      const pieces = piecesOf(kind, records, step);
      const {means, row} = observeStep(subject, optimizer, pieces);
      checkCovered(row);
      const clean = observeAlone(subject, {noiseMultiplier: 0, l2NormClip: row.l2NormClip}, pieces).means;
      const scale = row.divisor / (row.sensitivity * row.noiseMultiplier);
      return {
        kind,
        values: means.map((mean, v) =>
          Float64Array.from(mean, (value, i) => (value - (clean[v]?.[i] ?? NaN)) * scale),
        ),
        untouched: clean.map((mean) => Uint8Array.from(mean, (value) => Number(value === 0))),
      };
    });
  } finally {
    optimizer.dispose();
  }
}

function piecesOf(kind: BatchKind, records: readonly RecordValues[], step: number): RecordValues[][] {
  const record = (i: number): RecordValues => records[(step + i) % records.length] as RecordValues;
  switch (kind) {
    case 'empty':
      return [];
    case 'whole':
      return [[record(0), record(1)]];
    case 'in pieces':
      return [[record(0)], [record(1)], [record(2)], [record(3)]];
  }
}

function checkCovered({mechanism, clipping, noiseMultiplier}: LedgerRow): void {
  if (!(noiseMultiplier > 0))
    throw new AuditError('noise can be audited only where noiseMultiplier is greater than 0, got 0');
  if (mechanism.kind !== 'gaussian')
    throw new AuditError('noise of trees depends on the steps before; audit the optimizer without its tree');
  if (clipping.startsWith('per layer'))
    throw new AuditError('clipping per layer has a noise of its own in each group; audit it with one group');
}
