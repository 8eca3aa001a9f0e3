import type * as tf from '@tensorflow/tfjs-core';
import type {LedgerPosition, RestOfEpoch} from '@dp/optimizers';

import type {Position} from '../plan/plan.js';

/** Everything of a checkpoint but the weights. */
export interface CheckpointHeader {
  /** What the ledger held: the releases that the weights are made of. */
  readonly ledger: LedgerPosition;
  readonly position: Position;
  readonly rest: RestOfEpoch | undefined;
  readonly optimizer: string;
  readonly noiseMultiplier: number;
  readonly plannedEpochs: number;
  readonly constants: RunConstants;
  readonly weights: readonly tf.io.WeightsManifestEntry[];
}

/** What a run that goes on must have in common with itself. */
export interface RunConstants {
  readonly numExamples: number;
  readonly batchSize: number;
  readonly sampling: unknown;
}
