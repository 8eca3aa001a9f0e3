import * as tf from '@tensorflow/tfjs-core';

import type {Ledger, ReleasingOptimizer} from '../account/ledger.js';
import {checkSamplingFits, type DrawnBatch} from '../account/sampling.js';
import {DpError} from '../errors.js';
import {privateGradient, type BatchPiece} from '../step.js';
import type {DeclaredSources} from '../tape/sources.js';
import {checkPrivacyOptions, type CheckedPrivacyOptions, type PrivacyOptions} from './options.js';

/** tf.js does not export this type by name. */
type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

/**
 * A base optimizer that sees private gradients only: every path to its update clips each example, sums, adds noise, and
 * writes a ledger row first.
 */
export abstract class PrivateOptimizer extends tf.Optimizer {
  /** tf.js makes `instanceof` of optimizers duck-typed, which would take any optimizer for a private one. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  protected readonly privacy: CheckedPrivacyOptions;
  private readonly base: tf.Optimizer;
  private name: ReleasingOptimizer | undefined;
  private variables: readonly tf.Variable[] | undefined;

  /** @throws DpError INVALID_OPTION. */
  protected constructor(base: tf.Optimizer, options: PrivacyOptions) {
    super();
    this.base = base;
    this.privacy = checkPrivacyOptions(options);
  }

  /** Every release of this optimizer. */
  get ledger(): Ledger {
    return this.privacy.ledger;
  }

  /**
   * One update, as of any tf.js optimizer, with a private gradient: `computeGradients`, then the base optimizer's step.
   *
   * @param f - Returns the per-example losses [B], or their scalar mean. Sensitive.
   * @param returnCost - Whether to return the mean loss (sensitive, covered by no epsilon). Default: false.
   * @param varList - Default: all trainable variables.
   */
  override minimize(f: () => tf.Tensor, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    return super.minimize(f as () => tf.Scalar, returnCost, varList);
  }

  /**
   * The private gradients of a loss: what `minimize`, and so `model.fit`, applies. Each call is a release with a ledger
   * row. The ledger cannot know how the batch was sampled, and says `unknown`; use `minimizeDrawn` where it is known.
   *
   * @param f - Returns the scalar mean of the per-example losses, or their vector [B]. Sensitive.
   * @param varList - Default: all trainable variables, each of which the loss must then reach.
   * @returns `value`, the mean loss (sensitive, covered by no epsilon), and the private gradients by variable name.
   * @throws DpError if the examples cannot be proved separate, or an option does not fit the batch; nothing was released then.
   */
  override computeGradients(
    f: () => tf.Tensor,
    varList?: tf.Variable[],
  ): {value: tf.Scalar; grads: tf.NamedTensorMap} {
    const variables = this.trainable(varList);
    const {gradients, loss} = privateGradient({
      pieces: [{lossFn: f}],
      variables,
      options: this.privacy,
      mustReachAll: varList === undefined,
      optimizer: this.releasing,
      step: this.iterations,
      batchId: `call-${this.ledger.rows.length}`,
      sampling: {kind: 'unknown'},
    });
    return {value: loss, grads: named(variables, gradients)};
  }

  /**
   * One update on a batch whose sampling is known: the ledger row says how it was drawn. An empty batch is a step of
   * noise alone, and `f` is not called.
   *
   * @param drawn - From a sampler; sensitive in its indices.
   * @param f - Returns the per-example losses [B] of that batch, or their mean. Sensitive.
   * @param sources - The tensors that hold the batch (`batch`), and others that depend on no example.
   * @returns The mean loss (sensitive, covered by no epsilon; NaN for an empty batch). Dispose it.
   * @throws DpError as `computeGradients`; and UNSUPPORTED for microbatches of several examples under Poisson sampling.
   */
  minimizeDrawn(
    drawn: DrawnBatch,
    f: () => tf.Tensor,
    {varList, ...sources}: DeclaredSources & {readonly varList?: tf.Variable[]} = {},
  ): tf.Scalar {
    const pieces = drawn.indices.length === 0 ? [] : [{lossFn: f, ...sources}];
    return this.minimizePieces(drawn, pieces, varList);
  }

  /**
   * `minimizeDrawn` on a batch that is too large to be processed at once: its pieces' clipped gradients are summed exactly,
   * and noise is added once. The pieces together must be the batch that was drawn; they are read one by one.
   *
   * @param pieces - Sensitive. None for an empty batch.
   * @param varList - Default: all trainable variables, each of which the loss must then reach.
   * @returns The mean loss (sensitive, covered by no epsilon; NaN for an empty batch). Dispose it.
   */
  minimizePieces(drawn: DrawnBatch, pieces: Iterable<BatchPiece>, varList?: tf.Variable[]): tf.Scalar {
    checkSamplingFits(drawn.sampling, this.privacy.microbatchSize);
    const variables = this.trainable(varList);
    const {gradients, loss} = privateGradient({
      pieces,
      variables,
      options: this.privacy,
      mustReachAll: varList === undefined,
      optimizer: this.releasing,
      step: this.iterations,
      batchId: drawn.id,
      sampling: drawn.sampling,
    });
    this.applyGradients(named(variables, gradients));
    tf.dispose(gradients);
    return loss;
  }

  override applyGradients(variableGradients: tf.NamedTensorMap | NamedTensor[]): void {
    this.base.applyGradients(variableGradients);
    this.incrementIterations();
  }

  override dispose(): void {
    this.base.dispose();
  }

  override async getWeights(): Promise<NamedTensor[]> {
    return [await this.saveIterations()];
  }

  override async setWeights(weightValues: NamedTensor[]): Promise<void> {
    const rest = await this.extractIterations(weightValues);
    if (rest.length !== 0) {
      throw new DpError(
        'INVALID_OPTION',
        `${this.getClassName()} has no weights but its step count, got ${rest.length} more`,
      );
    }
  }

  private get releasing(): ReleasingOptimizer {
    return (this.name ??= this.ledger.nameOptimizer(this.getClassName()));
  }

  /** The variables of every step: fixed at the first, since a coordinate without noise would be a leak (privacy rule 16). */
  private trainable(varList?: tf.Variable[]): tf.Variable[] {
    const registered = Object.values(tf.engine().registeredVariables);
    const variables = (varList ?? registered).filter((variable) => variable.trainable);
    if (variables.length === 0) {
      throw new DpError('INVALID_OPTION', 'there is no trainable variable to update; pass them as varList');
    }
    this.variables ??= variables;
    const first = this.variables;
    if (variables.length !== first.length || variables.some((variable) => !first.includes(variable))) {
      throw new DpError(
        'INVALID_OPTION',
        `the set of trainable variables changed from ${first.length} to ${variables.length} since the first step. ` +
          'Every step clips and noises the same variables: pass varList, or use a new optimizer',
      );
    }
    return variables;
  }
}

function named(variables: readonly tf.Variable[], gradients: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(
    variables.flatMap((variable, v) => {
      const gradient = gradients[v];
      return gradient === undefined ? [] : [[variable.name, gradient] as const];
    }),
  );
}
