import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

import type {Position, TrainingPlan} from '../plan/plan.js';
import {fromBytes, toBytes} from './bytes.js';
import {checkHeader} from './check_header.js';
import type {CheckpointHeader, RunConstants} from './header.js';

/** A checkpoint's header, and its weights. */
export interface Checkpoint extends CheckpointHeader {
  readonly data: Uint8Array;
}

type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

/** Names of what `getWeights` of an optimizer makes for the caller; the rest are the live slots. */
const SCALARS = new Set(['iter', 'l2NormClip']);

/** A model in training as bytes: weights, the optimizer's slots, where it is, and what its ledger held. */
export async function checkpointOf(model: LayersModel, plan: TrainingPlan): Promise<Uint8Array> {
  const {optimizer, sampler, ledger, position} = plan;
  await ledger.flush();
  const slots = await optimizer.getWeights();
  const named: NamedTensor[] = [
    ...model.weights.map((weight, i) => ({name: `model/${i}`, tensor: weight.read()})),
    ...slots.map(({name, tensor}, i) => ({name: `optimizer/${i}/${name}`, tensor})),
  ];
  const {data, specs} = await tf.io.encodeWeights(named);
  for (const {name, tensor} of slots) if (SCALARS.has(name)) tensor.dispose();
  const header: CheckpointHeader = {
    ledger: ledger.position,
    position,
    rest: sampler.rest(),
    optimizer: optimizer.getClassName(),
    noiseMultiplier: plan.noiseMultiplier,
    plannedEpochs: plan.plannedEpochs,
    constants: constantsOf(plan),
    weights: specs,
  };
  return toBytes({header, weights: new Uint8Array(data)});
}

/** @throws DpError CHECKPOINT for bytes that are not a whole checkpoint. */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const {header, weights} = fromBytes(bytes);
  return {...checkHeader(header, weights.length), data: weights};
}

/**
 * Puts a checkpoint's weights into a model and its optimizer.
 *
 * @throws DpError CHECKPOINT for another model, optimizer or run; LEDGER_MISSING or LEDGER_CORRUPT unless the plan's ledger is
 *   that of the run, with all of its rows. Nothing has changed then.
 */
export async function restoreCheckpoint(
  model: LayersModel,
  plan: TrainingPlan,
  checkpoint: Checkpoint,
): Promise<void> {
  plan.ledger.checkHolds(checkpoint.ledger);
  checkSame('optimizer', plan.optimizer.getClassName(), checkpoint.optimizer);
  checkSame('run', constantsOf(plan), checkpoint.constants);
  const found = checkpoint.weights.filter(({name}) => name.startsWith('model/'));
  const own = model.weights.map(({shape, dtype}, i) => ({name: `model/${i}`, shape, dtype}));
  checkSame('model', own, found);
  checkPosition(plan, checkpoint.position);
  // A copy from the array's own beginning: the bytes may lie anywhere in a larger buffer.
  const tensors = tf.io.decodeWeights(new Uint8Array(checkpoint.data).buffer, [...checkpoint.weights]);
  try {
    const slots = Object.entries(tensors).flatMap(([name, tensor]) => {
      const [kind, , ...rest] = name.split('/');
      return kind === 'optimizer' ? [{name: rest.join('/'), tensor}] : [];
    });
    await plan.optimizer.setWeights(slots);
    model.setWeights(model.weights.map((_, i) => tensors[`model/${i}`] as tf.Tensor));
    plan.position = checkpoint.position;
  } finally {
    tf.dispose(tensors);
  }
}

function constantsOf({privacy: {numExamples, sampling = 'poisson'}, batchSize}: TrainingPlan): RunConstants {
  return {numExamples, batchSize, sampling};
}

function checkPosition({sampler: {stepsPerEpoch}}: TrainingPlan, {batch}: Position): void {
  if (batch < stepsPerEpoch) return;
  throw new DpError(
    'CHECKPOINT',
    `the checkpoint was made at batch ${batch} of an epoch of ${stepsPerEpoch} batches: it was altered. Go on from another one`,
  );
}

function checkSame(what: string, own: unknown, found: unknown): void {
  if (JSON.stringify(own) === JSON.stringify(found)) return;
  throw new DpError(
    'CHECKPOINT',
    `the checkpoint is of another ${what}: it has ${JSON.stringify(found)}, and this one ${JSON.stringify(own)}`,
  );
}
