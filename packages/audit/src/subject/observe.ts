import {
  Ledger,
  type BatchPiece,
  type Clipping,
  type DrawnBatch,
  type LedgerRow,
  type PrivateOptimizer,
} from '@dp/optimizers';
import * as tf from '@tensorflow/tfjs-core';

import {AuditError} from '../errors.js';
import {batchOf, type RecordValues} from './records.js';
import type {AuditSubject, OptimizerOverrides} from './subject.js';

/** What a step gave to its base optimizer, and the row that it wrote. Nothing was applied to the weights. */
export interface ObservedStep {
  /** The private mean, one array a variable. */
  readonly means: readonly Float32Array[];
  /** Of the gradients. */
  readonly row: LedgerRow;
  readonly clipping: Clipping;
}

let observed = 0;

/**
 * Computes the private gradients of one step, and applies nothing.
 *
 * @param pieces - Records; an empty list is an empty batch.
 * @param sampling - What the batch says of itself. Default: unknown.
 * @param id - The batch's name. Default: one of its own.
 */
export function observeStep(
  {variables, losses, records}: AuditSubject,
  optimizer: PrivateOptimizer,
  pieces: readonly (readonly RecordValues[])[],
  {
    sampling = {kind: 'unknown'},
    id = `audit-${observed++}`,
  }: Partial<Pick<DrawnBatch, 'sampling' | 'id'>> = {},
): ObservedStep {
  const rowsBefore = optimizer.ledger.rows.length;
  const batches = pieces.map((piece) => batchOf(piece, records));
  try {
    const indices = Int32Array.from({length: pieces.flat().length}, (_, i) => i);
    const {value, grads} = optimizer.computeDrawn(
      {id, indices, sampling},
      batches.map(({x, y}): BatchPiece => ({lossFn: () => losses(x, y), batch: [x, y]})),
      {varList: [...variables]},
    );
    const row = optimizer.ledger.rows.slice(rowsBefore).find(({what}) => what === 'gradientSum');
    const means = variables.map(({name}) => valuesOf(grads[name], name));
    tf.dispose([value, grads]);
    if (row === undefined) throw new AuditError('a step wrote no ledger row for its gradients');
    return {row, means, clipping: optimizer.privacyOptions.clipping};
  } finally {
    tf.dispose(batches.flatMap(({x, y}) => [x, y]));
  }
}

/** The same by an optimizer and a ledger of its own. */
export function observeAlone(
  subject: AuditSubject,
  changed: Omit<OptimizerOverrides, 'ledger'>,
  pieces: readonly (readonly RecordValues[])[],
): ObservedStep {
  const optimizer = subject.optimizer({...changed, ledger: new Ledger()});
  try {
    return observeStep(subject, optimizer, pieces);
  } finally {
    optimizer.dispose();
  }
}

function valuesOf(gradient: tf.Tensor | undefined, name: string): Float32Array {
  if (gradient === undefined) throw new AuditError(`a step gave no gradient for variable '${name}'`);
  return gradient.dataSync<'float32'>().slice();
}
