import type {DrawnBatch, PieceSum} from '@dp/optimizers';

import {trainableVariables} from '../layers/compiled.js';
import {MeanMetrics} from '../step/mean_metrics.js';
import {TrainPiece, type PieceTensors} from '../step/train_piece.js';
import {fetched, update, type StepStatistics, type TrainStepOptions} from '../step/train_step.js';
import type {WorkerPool} from './pool.js';
import type {SentPiece} from './protocol.js';
import {sentPiece} from './tensors.js';

/**
 * One private update, with the batch shared between this thread and a pool's. Sums are exact, so the result is that of
 * `trainStep`, bit for bit. If a thread fails, the step fails before anything is released.
 */
export async function parallelStep(
  options: TrainStepOptions,
  pool: WorkerPool,
  drawn: DrawnBatch,
): Promise<StepStatistics> {
  const {compiled, optimizer} = options;
  const means = new MeanMetrics(compiled);
  const [own = drawn.indices, ...others] = shares(
    drawn.indices,
    pool.count + 1,
    optimizer.clippingOptions.microbatchSize,
  );
  const sent = others.map((share) => Array.from(fetched(options, share), sendAway));
  const elsewhere = pool.sum(sent, optimizer.clippingOptions);
  // Whatever happens here first, a failure there is no unhandled one.
  elsewhere.catch(() => undefined);
  const sums: PieceSum[] = [];
  for (const tensors of fetched(options, own)) sums.push(sumOwn(options, tensors, means));
  for (const {sum, metrics} of await elsewhere) {
    sums.push(sum);
    means.addSums(metrics);
  }
  return update(options, drawn, sums, means);
}

/** Cuts a batch into at most `count` parts of about one size; each but the last holds whole microbatches. */
export function shares(indices: Int32Array, count: number, microbatchSize: number): Int32Array[] {
  const groups = Math.ceil(indices.length / microbatchSize);
  const size = Math.ceil(groups / count) * microbatchSize;
  const parts: Int32Array[] = [];
  for (let start = 0; start < indices.length; start += size) parts.push(indices.slice(start, start + size));
  return parts;
}

function sumOwn(
  {model, compiled, optimizer}: TrainStepOptions,
  tensors: PieceTensors,
  means: MeanMetrics,
): PieceSum {
  const piece = new TrainPiece(model, compiled, tensors);
  try {
    const sum = optimizer.sumPiece(piece, trainableVariables(model));
    piece.addMetrics(means);
    return sum;
  } finally {
    piece.dispose();
  }
}

function sendAway(tensors: PieceTensors): SentPiece {
  try {
    return sentPiece(tensors);
  } finally {
    for (const tensor of [...tensors.x, ...tensors.y, ...tensors.weights]) tensor?.dispose();
  }
}
