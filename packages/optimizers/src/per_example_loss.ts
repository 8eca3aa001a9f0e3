import * as tf from '@tensorflow/tfjs-core';
import {ensureTrainingKernels, type PerExampleParameter} from '@dp/kernels/on-demand';

import {perExampleContributions} from './gradients/contributions.js';
import {loopContributions} from './gradients/loop.js';
import {findLoss, type LossParts} from './tape/loss.js';
import {proveSeparation, type SeparationProof} from './tape/prove.js';
import {record, type Recording} from './tape/record.js';
import {checkSeparation} from './tape/second_net.js';
import type {DeclaredSources} from './tape/sources.js';

/** What a loss is differentiated with respect to, and what is known about its inputs. */
export interface LossRequest {
  /** Returns the per-example losses [B], or their mean. Sensitive. */
  readonly lossFn: () => tf.Tensor;
  readonly variables: readonly tf.Variable[];
  readonly sources: DeclaredSources;
  /** `loop` is for looking: where one example is not finite it spoils all others' gradients. Default: `fast`. */
  readonly strategy?: 'fast' | 'loop';
  /** Called with the number of examples before anything is computed from them; throws to refuse. */
  readonly checkBatchSize?: (batchSize: number) => void;
}

/** A loss whose examples are proved to be separate, with what each contributes to each variable's gradient. Sensitive. */
export interface PerExampleLoss {
  readonly batchSize: number;
  readonly recording: Recording;
  readonly loss: LossParts;
  readonly proof: SeparationProof;
  /** One entry a variable. */
  readonly contributions: readonly PerExampleParameter[];
}

/**
 * From a loss function to per-example contributions: one forward pass under tf.js's tape, the proof that no example's loss
 * depends on another, and one backward pass. `use` runs while the tensors live, in a tidy; an empty batch skips both.
 *
 * @returns What `use` returns, or undefined for an empty batch.
 * @throws DpError; nothing was computed from the examples then that could leave.
 */
export function withPerExampleLoss<R>(
  {lossFn, variables, sources, strategy, checkBatchSize}: LossRequest,
  use: (perExample: PerExampleLoss) => R,
): R | undefined {
  ensureTrainingKernels();
  const recording = record(lossFn);
  let result: R | undefined;
  try {
    const loss = findLoss(recording);
    const [batchSize = 0] = loss.perExample.shape;
    checkBatchSize?.(batchSize);
    if (batchSize === 0) return undefined;
    tf.tidy(() => {
      const proof = proveSeparation(recording, loss.perExample, sources);
      checkSeparation(recording, loss, proof, {...sources, variables});
      const contributions =
        strategy === 'loop'
          ? loopContributions(recording, loss, variables)
          : perExampleContributions(recording, loss, proof, variables);
      result = use({batchSize, recording, loss, proof, contributions});
    });
    return result;
  } finally {
    recording.value.dispose();
    recording.dispose();
  }
}
