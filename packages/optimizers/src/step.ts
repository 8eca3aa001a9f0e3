import * as tf from '@tensorflow/tfjs-core';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import type {LedgerRow} from './account/ledger.js';
import type {Sampling} from './account/sampling.js';
import {DpError} from './errors.js';
import {perExampleContributions} from './gradients/contributions.js';
import {loopContributions} from './gradients/loop.js';
import {penaltyGradients} from './gradients/penalty.js';
import {noisyMean} from './noise/gaussian.js';
import type {CheckedPrivacyOptions} from './optimizers/options.js';
import {clippedSum} from './sum/clip_and_sum.js';
import {gridFor, MAX_EXAMPLES_PER_STEP, roundedSensitivity} from './sum/grid.js';
import {findLoss} from './tape/loss.js';
import {proveSeparation, type SeparationProof} from './tape/prove.js';
import {record} from './tape/record.js';
import {checkSeparation} from './tape/second_net.js';
import type {DeclaredSources} from './tape/sources.js';

/** What one private gradient is computed from. */
export interface StepRequest {
  /** Returns the per-example losses [B], or their mean. Sensitive. */
  readonly lossFn: () => tf.Tensor;
  readonly variables: readonly tf.Variable[];
  readonly options: CheckedPrivacyOptions;
  readonly sources: DeclaredSources;
  /** Whether every variable has to be reached by the loss: where they were not named, another model's may be among them. */
  readonly mustReachAll: boolean;
  readonly batchId: string;
  readonly sampling: Sampling;
}

/** The part of a request that a release needs. */
type ReleaseRequest = Pick<StepRequest, 'variables' | 'options' | 'batchId' | 'sampling'>;

export interface StepResult {
  /** Private: clipped, summed, noised and divided by the public constant, one tensor a variable. */
  readonly gradients: tf.Tensor[];
  /** The mean loss of the batch. Sensitive: no epsilon covers it. */
  readonly loss: tf.Scalar;
  readonly row: LedgerRow;
}

/** One private gradient, from the batch to the noisy mean. Synchronous. */
export function privateGradient(request: StepRequest): StepResult {
  const {lossFn, variables, options, sources} = request;
  ensureTrainingKernels();

  // Forward, under tf.js's tape.
  const recording = record(lossFn);
  try {
    const loss = findLoss(recording);
    const [batchSize = 0] = loss.perExample.shape;
    checkBatchSize(batchSize, options);
    if (batchSize === 0) return {...privateEmptyGradient(request), loss: tf.scalar(0)};

    let row: LedgerRow | undefined;
    const tensors = tf.tidy(() => {
      // No example's loss may depend on another example.
      const proof = proveSeparation(recording, loss.perExample, sources);
      if (request.mustReachAll) checkReached(variables, proof);
      checkSeparation(recording, loss, proof, {...sources, variables});

      // Backward: what each example contributes to each variable's gradient.
      const contributions =
        options.strategy === 'loop'
          ? loopContributions(recording, loss, variables)
          : perExampleContributions(recording, loss, proof, variables);

      // Clip each example, sum exactly.
      const grid = gridFor(options.l2NormClip);
      const losses = loss.values.dataSync();
      const sums = clippedSum(contributions, losses, batchSize, {...options, grid});

      // Regularizers depend on no example: they are added after the noise.
      const penalties = penaltyGradients(recording, loss, variables);
      const released = release(sums, request);
      row = released.row;
      return {
        gradients: released.gradients.map((gradient, v) => {
          const penalty = penalties[v];
          return penalty === undefined ? gradient : tf.add(gradient, penalty);
        }),
        loss: tf.mean<tf.Scalar>(recording.value),
      };
    });
    return {...tensors, row: row as LedgerRow};
  } finally {
    recording.value.dispose();
    recording.dispose();
  }
}

/** The step of an empty batch: noise alone, no forward pass, and a row like any other (privacy rule 9). */
export function privateEmptyGradient(request: ReleaseRequest): Omit<StepResult, 'loss'> {
  return release(
    request.variables.map((variable) => new Float64Array(variable.size)),
    request,
  );
}

/** Ledger, then noise, then division by the public constant. */
function release(
  sums: readonly Float64Array[],
  {variables, options, batchId, sampling}: ReleaseRequest,
): Omit<StepResult, 'loss'> {
  const {l2NormClip, noiseMultiplier, microbatchSize, randomSource: source} = options;
  const grid = gridFor(l2NormClip);
  const numParameters = variables.reduce((total, variable) => total + variable.size, 0);
  const bound = roundedSensitivity(l2NormClip, grid, numParameters);
  // The noise is measured in the bound that holds after rounding, so that the multiplier is met exactly.
  const standardDeviation = noiseMultiplier * bound;
  // Replacing one member can move a group's clipped mean from any point of the ball to any other (privacy rule 8).
  const sensitivity = microbatchSize === 1 ? bound : 2 * bound;
  const row = options.ledger.append({
    batchId,
    sampling,
    noiseMultiplier: standardDeviation / sensitivity,
    sensitivity,
    l2NormClip,
    microbatchSize,
    divisor: options.numMicrobatches,
    grid,
    numParameters,
    random: {name: source.name, secure: source.secure},
  });
  const means = noisyMean(sums, {standardDeviation, grid, divisor: options.numMicrobatches}, source);
  const gradients = variables.map((variable, v) => tf.tensor(means[v] ?? [], variable.shape, 'float32'));
  return {gradients, row};
}

function checkReached(variables: readonly tf.Variable[], proof: SeparationProof): void {
  const unreached = variables
    .filter((variable) => !proof.labels.has(variable.id))
    .map(({name}) => `'${name}'`);
  if (unreached.length > 0) {
    throw new DpError(
      'UNREACHED_VARIABLE',
      `the loss does not use ${unreached.length} of ${variables.length} trainable variables (${unreached.slice(0, 3).join(', ')}), ` +
        'and every variable of a step gets noise. Name the variables to train in varList; nothing was released',
    );
  }
}

function checkBatchSize(
  batchSize: number,
  {expectedBatchSize, mayExceed, numMicrobatches}: CheckedPrivacyOptions,
): void {
  if (batchSize > expectedBatchSize && !mayExceed) {
    throw new DpError(
      'BATCH_TOO_LARGE',
      `a batch of ${batchSize} examples came, but numMicrobatches is ${numMicrobatches} and neither expectedBatchSize nor microbatchSize was given. ` +
        `Set expectedBatchSize to the (expected) batch size; nothing was released`,
    );
  }
  if (batchSize > MAX_EXAMPLES_PER_STEP) {
    throw new DpError(
      'BATCH_TOO_LARGE',
      `a batch must hold at most ${MAX_EXAMPLES_PER_STEP} examples, got ${batchSize}`,
    );
  }
}
