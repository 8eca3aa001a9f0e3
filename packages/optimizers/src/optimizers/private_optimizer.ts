import * as tf from '@tensorflow/tfjs-core';

import type {Ledger, NewRow} from '../account/ledger.js';
import type {ForeseenRun} from '../account/ledger_account.js';
import type {AnnouncedBatch, AnnouncedRun} from '../account/sampler.js';
import {checkSamplingFits, type DrawnBatch} from '../account/sampling.js';
import type {ClippingOptions} from '../clip/plan.js';
import type {ProvedLoss} from '../per_example_loss.js';
import type {BatchPiece, PieceSum} from '../sum/piece_sum.js';
import type {TreeAggregation} from '../tree/aggregation.js';
import {checkedAveraging} from '../averaging/averaging.js';
import {WeightAverages} from '../averaging/weight_averages.js';
import {moderate} from '../checks.js';
import type {Schedule} from '../schedules/schedule.js';
import {ScheduledValue} from '../schedules/scheduled_value.js';
import {disposeBase, setLearningRate, withoutTrainableState} from './base_optimizer.js';
import {checkAllTaken, optionsOfConfig, privacyConfig} from './config.js';
import type {CheckedPrivacyOptions, PrivateOptimizerOptions} from './options.js';
import {PrivateGradients, type PrivateStep} from './private_gradients.js';
import {checkPrivate} from './provenance.js';
import type {DrawnOptions, PiecesOptions} from './step_options.js';
import {ledgerName} from './registered_class.js';
import {savedWeights, takeUpWeights, type NamedTensor} from './saved_weights.js';

/** What a private optimizer adds to its base optimizer's step. */
export interface PrivateOptimizerParts {
  /** Makes what sees private gradients only (privacy rule 16), for a learning rate. The private optimizer disposes it. */
  readonly base: (learningRate: number) => tf.Optimizer;
  /** Left out where the base optimizer brings its own. */
  readonly learningRate?: number | Schedule;
  /** The other options of the base optimizer, as JSON. */
  readonly config: tf.serialization.ConfigDict;
  readonly tree?: TreeAggregation;
}

/**
 * A base optimizer that sees private gradients only: every path to its update clips each example, sums, adds noise, and
 * writes a ledger row first.
 */
export abstract class PrivateOptimizer extends tf.Optimizer {
  /** tf.js makes `instanceof` of optimizers duck-typed, which would take any optimizer for a private one. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }

  protected readonly core: PrivateGradients;
  private readonly base: tf.Optimizer;
  private readonly learningRate: ScheduledValue | undefined;
  private readonly config: tf.serialization.ConfigDict;
  private readonly averages: WeightAverages | undefined;

  /** @throws DpError INVALID_OPTION. */
  protected constructor(parts: PrivateOptimizerParts, {averaging, ...options}: PrivateOptimizerOptions) {
    super();
    const {base, config, tree} = parts;
    this.config = averaging === undefined ? config : {...config, averaging: {...averaging}};
    if ('learningRate' in parts)
      this.learningRate = new ScheduledValue('learningRate', parts.learningRate, moderate);
    this.core = new PrivateGradients(ledgerName(this.getClassName()), options, tree);
    if (averaging !== undefined) this.averages = new WeightAverages(checkedAveraging(averaging));
    this.base = withoutTrainableState(base(this.learningRate?.at(0) ?? NaN));
  }

  /** Every release of this optimizer. */
  get ledger(): Ledger {
    return this.core.ledger;
  }

  /** What makes it private, checked and completed. Public constants. */
  get privacyOptions(): CheckedPrivacyOptions {
    return this.core.options;
  }

  /**
   * Goes on in the ledger of a run that is resumed: an optimizer that was loaded with a model has none. Call it before the
   * next step.
   *
   * @throws DpError INVALID_OPTION after a step.
   */
  useLedger(ledger: Ledger): void {
    this.core.useLedger(ledger);
  }

  /**
   * One update, as of any tf.js optimizer, with a private gradient: `computeGradients`, then the base optimizer's step.
   *
   * @param f - Returns the per-example losses [B], or their scalar mean. Sensitive.
   * @param returnCost - Whether to return the mean loss (sensitive, covered by no epsilon). Default: false.
   * @param varList - Default: all trainable variables.
   */
  override minimize(f: () => tf.Tensor, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    const loss = this.update(this.computeGradients(f, varList));
    if (returnCost) return loss;
    loss.dispose();
    return null;
  }

  /**
   * The private gradients of a loss: what `minimize`, and so `model.fit`, applies. Each call is a release with a ledger
   * row. The ledger cannot know how the batch was sampled, and says `unknown`; use `minimizeDrawn` where it is known.
   *
   * @param f - Returns the scalar mean of the per-example losses, or their vector [B]. Sensitive.
   * @param varList - Default: all trainable variables, each of which the loss must then reach.
   * @returns `value`, the mean loss (sensitive, covered by no epsilon), and the private gradients by variable name.
   * @throws DpError if the examples cannot be proved separate, or an option does not fit the batch; LEDGER_MISSING for an
   *   optimizer loaded without its ledger. Nothing was released then.
   */
  override computeGradients(f: () => tf.Tensor, varList?: tf.Variable[]): PrivateStep {
    return this.core.compute({pieces: [{lossFn: f}], varList, step: this.iterations});
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
    {varList, penalty, ...sources}: DrawnOptions = {},
  ): tf.Scalar {
    const pieces = drawn.indices.length === 0 ? [] : [{lossFn: f, ...sources}];
    return this.minimizePieces(drawn, pieces, {varList, penalty});
  }

  /**
   * `minimizeDrawn` on a batch that is too large to be processed at once: its pieces' clipped gradients are summed exactly,
   * and noise is added once. The pieces together must be the batch that was drawn; they are read one by one.
   *
   * @param pieces - Sensitive. None for an empty batch. A piece may have been summed before, here (`sumPiece`) or in another
   *   thread (`pieceSum`), from the weights and the clip norm of this step.
   * @returns The mean loss (sensitive, covered by no epsilon; NaN for an empty batch). Dispose it.
   */
  minimizePieces(
    drawn: DrawnBatch,
    pieces: Iterable<BatchPiece | PieceSum>,
    {varList, penalty, signal}: PiecesOptions = {},
  ): tf.Scalar {
    return this.update(this.computeDrawn(drawn, pieces, {varList, penalty, signal}));
  }

  /**
   * The private gradients that `minimizePieces` applies, for `applyGradients`. Each call is a release with a ledger row.
   *
   * @returns `value`, the mean loss (sensitive, covered by no epsilon; NaN for an empty batch), and the private gradients by
   *   variable name. The caller disposes both.
   */
  computeDrawn(
    drawn: DrawnBatch,
    pieces: Iterable<BatchPiece | PieceSum>,
    {varList, penalty, signal}: PiecesOptions = {},
  ): PrivateStep {
    checkSamplingFits(drawn.sampling, this.core.options.microbatchSize);
    return this.core.compute({pieces, drawn, varList, penalty, step: this.iterations, signal});
  }

  /**
   * Writes the rows of the next step on a batch ahead of it, where the ledger can make them durable meanwhile (a file). They count,
   * whatever becomes of the step.
   *
   * @returns Await it before `minimizePieces`, which else waits by itself; undefined where nothing is written ahead.
   */
  announce(drawn: DrawnBatch, varList: readonly tf.Variable[]): Promise<void> | undefined {
    checkSamplingFits(drawn.sampling, this.core.options.microbatchSize);
    return this.core.announce(drawn, this.iterations, varList);
  }

  /** Sums the examples of a recorded loss, for `computeDrawn` and `gradientTape`. Sensitive in and out; it releases nothing. */
  sumRecorded(loss: ProvedLoss, varList: readonly tf.Variable[]): PieceSum {
    return this.core.sumRecorded(loss, this.iterations, varList);
  }

  /**
   * What coming steps will amount to, as one row each: what a budget reckons with. Nothing is written.
   *
   * @param batches - What the sampler announces, in order.
   * @param numParameters - D, for the noise that is drawn.
   * @throws DpError INVALID_OPTION for a schedule that leaves its bounds, or a clip norm that changes within a tree;
   *   UNSUPPORTED for a sampling that trees have no account for.
   */
  foresee(batches: readonly AnnouncedBatch[], numParameters: number): NewRow[] {
    const runs = batches.map((batch) => ({...batch, count: 1}));
    return this.foreseeRuns(runs, numParameters).map(({row}) => row);
  }

  /** The same for long plans: rows that are alike, of `sampler.announceRuns(steps)`, are counted. For `epsilonAfter`. */
  foreseeRuns(runs: readonly AnnouncedRun[], numParameters: number): ForeseenRun[] {
    return this.core.foresee(runs, this.iterations, numParameters);
  }

  /**
   * Sums a piece of the next step's batch for `minimizePieces`, and releases nothing: so that other threads may sum the other
   * pieces at the same time.
   *
   * @param piece - Sensitive, and so is the result.
   */
  sumPiece(piece: BatchPiece, varList?: tf.Variable[]): PieceSum {
    return this.core.sum(piece, this.iterations, varList);
  }

  /** What another thread needs to know to sum pieces of the next step. Public, or private where it is adaptive. */
  get clippingOptions(): ClippingOptions {
    const {l2NormClip, clipping, microbatchSize, noiseMultiplier} = this.core.optionsAt(this.iterations);
    return {l2NormClip, clipping, microbatchSize, noiseMultiplier};
  }

  /**
   * The base optimizer's step.
   *
   * @param variableGradients - As `computeGradients` returned them.
   * @throws DpError NOT_PRIVATE for any other gradient.
   */
  override applyGradients(variableGradients: tf.NamedTensorMap | NamedTensor[]): void {
    const gradients = Array.isArray(variableGradients)
      ? variableGradients
      : Object.entries(variableGradients).map(([name, tensor]) => ({name, tensor}));
    for (const {name, tensor} of gradients) checkPrivate(name, tensor);
    this.averages?.checkNotSwapped();
    if (this.learningRate?.isConstant === false)
      setLearningRate(this.base, this.learningRate.at(this.iterations));
    this.base.applyGradients(gradients);
    const names = gradients.map(({name}) => name);
    this.averages?.update(names, this.iterations);
    this.incrementIterations();
  }

  /**
   * Runs `f` while the averages of the weights stand in their place: to evaluate or save the averaged model. Without the option
   * `averaging`, or before the first step, the weights stay as they are.
   *
   * @returns What `f` returns.
   * @throws DpError INVALID_OPTION for a step inside of `f`.
   */
  async withAveragedWeights<R>(f: () => R | Promise<R>): Promise<R> {
    return this.averages === undefined ? f() : this.averages.swappedIn(f);
  }

  /** Disposes the base optimizer, its slots and the averages. */
  override dispose(): void {
    disposeBase(this.base);
    this.averages?.dispose();
  }

  /** What a saved model keeps: everything but where noise comes from and where releases go. */
  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...(this.learningRate && {learningRate: this.learningRate.config}),
      ...this.config,
      ...privacyConfig(this.core.options, this.core.scheduled),
    };
  }

  /**
   * What a checkpoint needs: the number of steps, the base optimizer's slots, averages and, with adaptive clipping, the next
   * step's clip norm. Private, like the weights. Slots and averages are the live ones; the two scalars are the caller's to
   * dispose.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    return savedWeights(this.base, this.core, this.averages);
  }

  /**
   * The inverse of `getWeights`. The ledger is not among them: the next step is refused unless `useLedger` (or the option
   * `ledger`) has brought it.
   */
  override async setWeights(weightValues: NamedTensor[]): Promise<void> {
    const slots = await takeUpWeights(weightValues, this.core, this.averages);
    await this.extractIterations(slots);
    await this.base.setWeights(slots);
  }

  /** The inverse of `getConfig`. @throws DpError INVALID_OPTION for what no `getConfig` of this version gives. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const optimizer = new cls(optionsOfConfig(config));
    checkAllTaken(config, optimizer.getConfig());
    return optimizer;
  }

  private update({value, grads}: PrivateStep): tf.Scalar {
    try {
      this.applyGradients(grads);
    } catch (error) {
      value.dispose();
      throw error;
    } finally {
      tf.dispose(grads);
    }
    return value;
  }
}
