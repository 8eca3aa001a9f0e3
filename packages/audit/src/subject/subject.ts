import type {Ledger, PrivateOptimizer, Sampler, UserIds} from '@dp/optimizers';
import type {RandomSource} from '@dp/random';
import type * as tf from '@tensorflow/tfjs-core';

/** Options of an optimizer that audits change. Whatever is not given stays as training has it. */
export interface OptimizerOverrides {
  readonly ledger: Ledger;
  readonly noiseMultiplier?: number;
  readonly l2NormClip?: number;
  readonly randomSource?: RandomSource;
}

/** Some records, examples at axis 0 of both tensors. Sensitive. */
export interface Records {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** What is audited: a private training step, as the program that trains would make it. */
export interface AuditSubject {
  readonly name: string;
  /** The variables that are trained. */
  readonly variables: readonly tf.Variable[];
  /** Per-example losses, [B], of a batch. */
  readonly losses: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;
  /**
   * A few records, which need not be secret: neighbouring batches are made of them and of worse ones. At least one.
   */
  readonly records: Records;
  /**
   * Makes the optimizer that trains, with these options changed:
   * `(changed) => dpSGD({learningRate, l2NormClip, noiseMultiplier, numMicrobatches, ...changed})`.
   */
  readonly optimizer: (changed: OptimizerOverrides) => PrivateOptimizer;
  /** Makes the sampler that draws batches. Without it sampling is not audited. */
  readonly sampler?: () => Sampler;
  /** The user of each record, for samplers of users. Sensitive. */
  readonly userIds?: UserIds;
}
