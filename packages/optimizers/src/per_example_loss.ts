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
export interface PerExampleLoss extends Omit<ProvedLoss, 'contributions' | 'dispose'> {
  /** One entry a variable. */
  readonly contributions: readonly PerExampleParameter[];
}

/** A loss whose examples are proved to be separate. Sensitive. */
export interface ProvedLoss {
  readonly batchSize: number;
  readonly recording: Recording;
  readonly loss: LossParts;
  readonly proof: SeparationProof;
  /**
   * One backward pass: what each example contributes to each variable, while the tensors live, in a tidy.
   *
   * @param variables - All or some of the request's.
   */
  contributions<R>(
    variables: readonly tf.Variable[],
    use: (contributions: readonly PerExampleParameter[]) => R,
  ): R;
  /** Disposes what the backward pass needs. */
  dispose(): void;
}

/**
 * From a loss function to per-example contributions: one forward pass under tf.js's tape, the proof that no example's loss
 * depends on another, and one backward pass. `use` runs while the tensors live, in a tidy; an empty batch skips both.
 *
 * @returns What `use` returns, or undefined for an empty batch.
 * @throws DpError; nothing was computed from the examples then that could leave.
 */
export function withPerExampleLoss<R>(
  request: LossRequest,
  use: (perExample: PerExampleLoss) => R,
): R | undefined {
  const proved = provedLoss(request);
  if (proved === undefined) return undefined;
  try {
    return proved.contributions(request.variables, (contributions) => use({...proved, contributions}));
  } finally {
    proved.dispose();
  }
}

/**
 * The forward pass and the proof alone: gradients may be asked for later, once or several times, before any variable is
 * assigned.
 *
 * @returns Undefined for an empty batch.
 * @throws DpError; nothing was computed from the examples then that could leave.
 */
export function provedLoss(request: LossRequest): ProvedLoss | undefined {
  const {lossFn, variables, sources, strategy, checkBatchSize} = request;
  ensureTrainingKernels();
  const recording = record(lossFn);
  const dispose = (): void => {
    recording.value.dispose();
    recording.dispose();
  };
  try {
    const loss = findLoss(recording);
    const [batchSize = 0] = loss.perExample.shape;
    checkBatchSize?.(batchSize);
    if (batchSize === 0) {
      dispose();
      return undefined;
    }
    const proof = inTidy(() => {
      const found = proveSeparation(recording, loss.perExample, sources);
      checkSeparation(recording, loss, found, {...sources, variables});
      return found;
    });
    return {
      batchSize,
      recording,
      loss,
      proof,
      contributions: (wanted, use) => {
        return inTidy(() =>
          use(
            strategy === 'loop'
              ? loopContributions(recording, loss, wanted)
              : perExampleContributions(recording, loss, proof, wanted),
          ),
        );
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** A tidy whose result holds no tensors that it should keep. */
function inTidy<R>(f: () => R): R {
  let result: {readonly value: R} | undefined;
  tf.tidy(() => {
    result = {value: f()};
  });
  if (result === undefined) throw new Error('a tidy did not run');
  return result.value;
}
