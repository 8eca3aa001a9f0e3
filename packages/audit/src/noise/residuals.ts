import {Ledger, type PrivateOptimizer} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import {observeAlone, observeStep} from '../subject/observe.js';
import {recordsOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';
import {claimedDeviations} from './deviations.js';

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

/** The longest prefix of a tree that is looked at: one with three nodes. */
const LONGEST_PREFIX = 7;

/**
 * Makes steps with noise, takes off what the same steps give without, and measures what is left in the deviation that each
 * step's ledger row claims. Of noise trees each "step" is a prefix sum of a tree of its own, of one to seven leaves in turn.
 *
 * @throws AuditError for steps without noise.
 */
export function measureResiduals(subject: AuditSubject, steps: number): Residuals[] {
  const {mechanism} = observeAlone(subject, {}, []).row;
  if (mechanism.kind === 'tree') {
    const longest = Math.min(LONGEST_PREFIX, mechanism.maxLeaves);
    return Array.from({length: steps}, (_, step) =>
      withOptimizer(subject, (optimizer) => residualsOf(subject, optimizer, step, 1 + (step % longest))),
    );
  }
  return withOptimizer(subject, (optimizer) =>
    Array.from({length: steps}, (_, step) => residualsOf(subject, optimizer, step, 1)),
  );
}

function withOptimizer<R>(subject: AuditSubject, use: (optimizer: PrivateOptimizer) => R): R {
  const optimizer = subject.optimizer({ledger: new Ledger()});
  try {
    return use(optimizer);
  } finally {
    optimizer.dispose();
  }
}

/** What is left of the sum of so many releases, in its claimed deviation. */
function residualsOf(
  subject: AuditSubject,
  optimizer: PrivateOptimizer,
  step: number,
  leaves: number,
): Residuals {
  const records = recordsOf(subject.records);
  const kind = KINDS[step % KINDS.length] as BatchKind;
  const values = subject.variables.map(({size}) => new Float64Array(size));
  const untouched = subject.variables.map(({size}) => new Uint8Array(size).fill(1));
  for (let leaf = 0; leaf < leaves; leaf++) {
    const pieces = piecesOf(kind, records, step + leaf);
    const observed = observeStep(subject, optimizer, pieces);
    const {means, row} = observed;
    if (!(row.noiseMultiplier > 0))
      throw new AuditError('noise can be audited only where noiseMultiplier is greater than 0, got 0');
    const clean = observeAlone(subject, {noiseMultiplier: 0, l2NormClip: row.l2NormClip}, pieces).means;
    const deviations = claimedDeviations(observed, subject);
    values.forEach((sum, v) => {
      const scale = row.divisor / (deviations[v] ?? NaN) / Math.sqrt(prefixVariance(leaves));
      for (let i = 0; i < sum.length; i++) {
        const own = clean[v]?.[i] ?? NaN;
        sum[i] = (sum[i] as number) + ((means[v]?.[i] ?? NaN) - own) * scale;
        if (own !== 0) (untouched[v] as Uint8Array)[i] = 0;
      }
    });
  }
  return {kind, values, untouched};
}

/**
 * The variance of the noise of a prefix sum of so many leaves, in that of a node: a node for each binary digit, estimated from itself
 * and the nodes below (Honaker 2015), v_0 = 1 and v_(k + 1) = 2 v_k / (2 v_k + 1).
 */
function prefixVariance(leaves: number): number {
  let [sum, variance] = [0, 1];
  for (let left = leaves; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) sum += variance;
    variance = (2 * variance) / (2 * variance + 1);
  }
  return sum;
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
