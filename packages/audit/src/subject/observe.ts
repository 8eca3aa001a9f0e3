import {Ledger, type BatchPiece, type LedgerRow, type PrivateOptimizer} from '@dp/optimizers';
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
}

let observed = 0;

/**
 * Makes one step of an optimizer on a batch in one or more pieces, and catches the gradients before they are applied.
 *
 * @param pieces - Records; an empty list is an empty batch.
 */
export function observeStep(
  {variables, losses, records}: AuditSubject,
  optimizer: PrivateOptimizer,
  pieces: readonly (readonly RecordValues[])[],
): ObservedStep {
  let caught: tf.NamedTensorMap | undefined;
  const rowsBefore = optimizer.ledger.rows.length;
  optimizer.applyGradients = (gradients) => {
    caught = Array.isArray(gradients)
      ? Object.fromEntries(gradients.map(({name, tensor}) => [name, tensor.clone()]))
      : Object.fromEntries(Object.entries(gradients).map(([name, tensor]) => [name, tensor.clone()]));
  };
  const batches = pieces.map((piece) => batchOf(piece, records));
  try {
    const indices = Int32Array.from({length: pieces.flat().length}, (_, i) => i);
    const loss = optimizer.minimizePieces(
      {id: `audit-${observed++}`, indices, sampling: {kind: 'unknown'}},
      batches.map(({x, y}): BatchPiece => ({lossFn: () => losses(x, y), batch: [x, y]})),
      {varList: [...variables]},
    );
    loss.dispose();
    const row = optimizer.ledger.rows.slice(rowsBefore).find(({what}) => what === 'gradientSum');
    if (row === undefined) throw new AuditError('a step wrote no ledger row for its gradients');
    return {row, means: variables.map(({name}) => valuesOf(caught?.[name], name))};
  } finally {
    Reflect.deleteProperty(optimizer, 'applyGradients');
    tf.dispose([...batches.flatMap(({x, y}) => [x, y]), caught ?? []]);
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
