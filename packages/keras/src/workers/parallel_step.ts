import type {DrawnBatch, PieceSum} from '@dp/optimizers';

import {trainableVariables} from '../layers/compiled.js';
import {MeanMetrics} from '../step/mean_metrics.js';
import type {PieceTensors} from '../step/train_piece.js';
import {fetched, sumPiece, update, type StepStatistics, type TrainStepOptions} from '../step/train_step.js';
import type {Balance, PartOfStep} from './balance.js';
import type {WorkerPool} from './pool.js';
import type {SentPiece} from './protocol.js';
import {sentPiece} from './tensors.js';

/** Who takes part in a step. */
export interface Sharing {
  readonly pool: WorkerPool;
  /** Between all that sum examples. */
  readonly balance: Balance;
  /** Whether those are the pool's threads alone. */
  readonly dedicated: boolean;
}

/**
 * One private update, with the batch shared between this thread and a pool's. Sums are exact, so the result is that of
 * `trainStep`, bit for bit. If a thread fails, the step fails before anything is released.
 */
export async function parallelStep(
  options: TrainStepOptions,
  {pool, balance, dedicated}: Sharing,
  drawn: DrawnBatch,
): Promise<StepStatistics> {
  const {model, compiled, optimizer} = options;
  const durable = optimizer.announce(drawn, trainableVariables(model));
  const means = new MeanMetrics(compiled);
  const others = balance.cut(drawn.indices, optimizer.clippingOptions.microbatchSize);
  const own = dedicated ? undefined : others.shift();
  const sent = others.map((share) => Array.from(fetched(options, share), sendAway));
  const elsewhere = pool.sum(sent, optimizer.clippingOptions);
  // Whatever happens here first, a failure there is no unhandled one.
  elsewhere.catch(() => undefined);
  const sums: PieceSum[] = [];
  const parts: PartOfStep[] = [];
  if (own !== undefined) {
    const start = performance.now();
    for (const tensors of fetched(options, own)) sums.push(sumPiece(options, tensors, means));
    parts.push({size: own.length, milliseconds: performance.now() - start});
  }
  for (const share of await elsewhere) {
    parts.push({size: share?.sum.batchSize ?? 0, milliseconds: share?.milliseconds ?? 0});
    if (share === undefined) continue;
    sums.push(share.sum);
    means.addSums(share.metrics);
  }
  balance.learn(parts);
  await durable;
  return update(options, drawn, sums, means);
}

function sendAway(tensors: PieceTensors): SentPiece {
  try {
    return sentPiece(tensors);
  } finally {
    for (const tensor of [...tensors.x, ...tensors.y, ...tensors.weights]) tensor?.dispose();
  }
}
