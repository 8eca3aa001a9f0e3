import {clippedGradients, type LedgerRow} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';

import {observeAlone, type ObservedStep} from '../subject/observe.js';
import {batchOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';

/** The step without noise, and where the functional API reaches it, the sum before division, in grid units. Sensitive. */
export interface ExactStep extends ObservedStep {
  readonly units?: readonly Float64Array[];
  /** What the sum says of a replaced record. */
  readonly replaceOneSensitivity?: number;
}

/**
 * So little noise that it rounds to 0 grid units, but for a probability of erfc(2^16): what is audited is a step with noise,
 * which has another grid and another arithmetic than one without.
 */
const NEXT_TO_NO_NOISE = 2 ** -40;

/** What a step computes from a batch, as good as without noise. */
export function exactStep(subject: AuditSubject, batch: readonly RecordValues[]): ExactStep {
  const step = observeAlone(subject, {noiseMultiplier: NEXT_TO_NO_NOISE}, batch.length === 0 ? [] : [batch]);
  if (step.row.clipping !== 'flat' || batch.length === 0) return step;
  return {...step, ...exactUnits(subject, step.row, batch)};
}

function exactUnits(
  {variables, losses, records}: AuditSubject,
  {l2NormClip, microbatchSize}: LedgerRow,
  batch: readonly RecordValues[],
): Required<Pick<ExactStep, 'units' | 'replaceOneSensitivity'>> {
  const {x, y} = batchOf(batch, records);
  const {exact, sum} = clippedGradients(() => losses(x, y), variables, {
    l2NormClip,
    microbatchSize,
    noiseMultiplier: NEXT_TO_NO_NOISE,
    batch: [x, y],
  });
  tf.dispose([x, y, sum]);
  return {units: exact.units, replaceOneSensitivity: exact.sensitivity('replaceOne')};
}

/**
 * How far two steps' sums lie apart, in L2 norm, over what the ledger says one record may change. Means come as float32,
 * whose rounding is taken off; where sums are known in grid units, they count as they are.
 */
export function distanceOverBound(a: ExactStep, b: ExactStep): number {
  const {divisor, sensitivity, grid} = a.row;
  // Whatever depends on the batch that came tells of it: rows of neighbouring batches must agree.
  if (b.row.divisor !== divisor || b.row.sensitivity !== sensitivity || b.row.grid !== grid) return Infinity;
  const rounding = 2 ** -23 * (norm(a.means) + norm(b.means)) * divisor;
  const released = (distance(a.means, b.means) * divisor - rounding) / sensitivity;
  const units = a.units ?? b.units?.map(({length}) => new Float64Array(length));
  const others = b.units ?? a.units?.map(({length}) => new Float64Array(length));
  const exact =
    units === undefined || others === undefined ? 0 : (distance(units, others) * grid) / sensitivity;
  // A coordinate that is not a number must count as a failure.
  return Number.isNaN(released) || Number.isNaN(exact) ? Infinity : Math.max(0, released, exact);
}

type Arrays = readonly (Float32Array | Float64Array)[];

function distance(a: Arrays, b: Arrays): number {
  let squared = 0;
  a.forEach((own, v) => {
    for (let i = 0; i < own.length; i++) squared += ((own[i] as number) - (b[v]?.[i] ?? NaN)) ** 2;
  });
  return Math.sqrt(squared);
}

function norm(values: Arrays): number {
  let squared = 0;
  for (const own of values) for (const value of own) squared += value * value;
  return Math.sqrt(squared);
}
