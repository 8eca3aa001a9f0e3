import * as tf from '@tensorflow/tfjs-core';

import type {Ledger} from '../account/ledger.js';
import type {ForeseenRun} from '../account/ledger_account.js';
import type {ReleasingOptimizer} from '../account/ledger_row.js';
import type {AnnouncedRun} from '../account/sampler.js';
import type {DrawnBatch} from '../account/sampling.js';
import {noiseWarning, warnOnce} from '../account/warnings.js';
import {DpError} from '../errors.js';
import {clippingPlan} from '../clip/plan.js';
import {releaseRows} from '../release_rows.js';
import {privateGradient, releaseOptions, type ReleaseRequest} from '../step.js';
import type {ProvedLoss} from '../per_example_loss.js';
import {
  sumExamples,
  sumPiece,
  type BatchPiece,
  type PieceSum,
  type PieceSumOptions,
} from '../sum/piece_sum.js';
import type {TreeAggregation} from '../tree/aggregation.js';
import {
  checkPrivacyOptions,
  scheduledPrivacy,
  type CheckedPrivacyOptions,
  type PrivacyOptions,
} from './options.js';
import {foreseenRuns} from './foreseen.js';
import {markPrivate} from './provenance.js';

/** One step of one optimizer. */
export interface PrivateGradientsRequest {
  /** The batch, in one piece or several, to be summed or summed already; none is an empty batch. Sensitive. */
  readonly pieces: Iterable<BatchPiece | PieceSum>;
  /** How the batch was drawn. Default: unknown. */
  readonly drawn?: DrawnBatch;
  /** Default: all trainable variables, each of which the loss must then reach. */
  readonly varList?: readonly tf.Variable[] | undefined;
  /** A scalar that depends on variables alone (weight regularizers). Sees neither clipping nor noise. */
  readonly penalty?: (() => tf.Tensor) | undefined;
  /** Number of the step, from 0. */
  readonly step: number;
  /** Refuses to go on, between pieces, once it is aborted: nothing is released then. */
  readonly signal?: AbortSignal | undefined;
}

/** What a step computes: tf.js's names. */
export interface PrivateStep {
  /** The mean loss of the batch, NaN for an empty one. Sensitive: no epsilon covers it. */
  readonly value: tf.Scalar;
  /** Private, by variable name, always in the first step's order: tf.js's optimizers tell slots apart by it. */
  readonly grads: tf.NamedTensorMap;
}

/**
 * What computes the private gradients of one optimizer, step after step. It holds what may not change between steps (the
 * variables, the name in the ledger) and what does (the clip norm, where clipping is adaptive).
 */
export class PrivateGradients {
  readonly options: CheckedPrivacyOptions;
  readonly scheduled: ReturnType<typeof scheduledPrivacy>;
  /** The next step's clip norm where clipping is adaptive. Private. */
  adaptedClip: number | undefined;
  private ledgerInUse: Ledger;
  private name: ReleasingOptimizer | undefined;
  private variables: readonly tf.Variable[] | undefined;

  /**
   * @param className - For the ledger.
   * @param tree - Makes the gradients differences of noisy prefix sums.
   * @throws DpError INVALID_OPTION.
   */
  constructor(
    private readonly className: string,
    options: PrivacyOptions,
    readonly tree?: TreeAggregation,
  ) {
    this.options = checkPrivacyOptions(options);
    this.scheduled = scheduledPrivacy(options);
    const {clipping, l2NormClip, ledger} = this.options;
    this.adaptedClip = clipping !== 'flat' && clipping.kind === 'adaptive' ? l2NormClip : undefined;
    this.ledgerInUse = ledger;
  }

  /** Every release. */
  get ledger(): Ledger {
    return this.ledgerInUse;
  }

  /**
   * Goes on in another ledger: that of the run which is resumed.
   *
   * @throws DpError INVALID_OPTION if something was released to the ledger before.
   */
  useLedger(ledger: Ledger): void {
    if (this.name !== undefined && ledger !== this.ledgerInUse) {
      throw new DpError(
        'INVALID_OPTION',
        'the ledger can only be set before the first step: releases in two ledgers would not be added up',
      );
    }
    this.ledgerInUse = ledger;
  }

  /**
   * Gradients that are clipped, summed, noised and divided by the public constant, with their ledger row written before.
   *
   * @returns The caller disposes it.
   */
  compute({pieces, drawn, varList, penalty, step, signal}: PrivateGradientsRequest): PrivateStep {
    const variables = this.trainable(varList);
    const {gradients, loss, nextL2NormClip} = privateGradient({
      ...this.releaseOf(drawn, step, this.releasing(step)),
      pieces: abortable(pieces, signal),
      variables,
      penalty,
      mustReachAll: varList === undefined,
      drawnExamples: drawn?.sampling.kind === 'unknown' ? undefined : drawn?.indices.length,
      ...(this.tree !== undefined && {tree: this.tree}),
    });
    if (this.adaptedClip !== undefined) this.adaptedClip = nextL2NormClip;
    return {value: loss, grads: named(variables, gradients)};
  }

  /**
   * Writes the rows of the next step ahead, where the ledger can make them durable while the gradient is computed.
   *
   * @returns Resolves when they are durable; undefined where nothing is written ahead. So it is before the first step, which may be
   *   refused, as of a model that mixes examples, and leaves no row then.
   */
  announce(drawn: DrawnBatch, step: number, varList: readonly tf.Variable[]): Promise<void> | undefined {
    const {ledger, name} = this;
    // A leaf that is written and not released would end its tree.
    if (name === undefined || this.tree !== undefined || !ledger.takesAhead) return undefined;
    const request = this.releaseOf(drawn, step, name);
    const variables = this.trainable(varList);
    const sum = {
      plan: clippingPlan(request.options, variables),
      numParameters: variables.reduce((total, {size}) => total + size, 0),
    };
    const durable = ledger.announce(releaseRows(sum, releaseOptions(request)));
    // A step that fails before it awaits this fails by its own error.
    durable.catch(() => undefined);
    return durable;
  }

  private releaseOf(
    drawn: DrawnBatch | undefined,
    step: number,
    optimizer: ReleasingOptimizer,
  ): ReleaseRequest {
    const {ledger} = this;
    return {
      options: {...this.optionsAt(step), ledger},
      optimizer,
      step,
      batchId: drawn?.id ?? `call-${ledger.rows.length}`,
      sampling: drawn?.sampling ?? {kind: 'unknown'},
      samplerRandom: drawn?.random,
    };
  }

  /** Sums a piece of the next step's batch, for `compute`. It releases nothing. Sensitive in what it gets and returns. */
  sum(piece: BatchPiece, step: number, varList?: readonly tf.Variable[]): PieceSum {
    return sumPiece(piece, {...this.summing(step, varList), mustReachAll: varList === undefined});
  }

  /** The same for a loss that was recorded before. */
  sumRecorded(loss: ProvedLoss, step: number, varList: readonly tf.Variable[]): PieceSum {
    const options = this.summing(step, varList);
    return loss.contributions(options.variables, (contributions) =>
      sumExamples({...loss, contributions}, {...options, mustReachAll: false}),
    );
  }

  /** Those of a step, from 0. */
  optionsAt(step: number): CheckedPrivacyOptions {
    const {l2NormClip, noiseMultiplier} = this.scheduled;
    return {
      ...this.options,
      l2NormClip: this.adaptedClip ?? l2NormClip.at(step),
      noiseMultiplier: noiseMultiplier.at(step),
    };
  }

  private summing(
    step: number,
    varList?: readonly tf.Variable[],
  ): Pick<PieceSumOptions, 'variables' | 'plan' | 'withPenalties'> {
    const variables = this.trainable(varList);
    const plan = clippingPlan(this.optionsAt(step), variables);
    return {variables, plan, withPenalties: true};
  }

  /**
   * What the releases of coming steps amount to, as one row each, counted where they are alike: for a plan, and never written.
   *
   * @param step - Number of the first coming step.
   * @throws DpError as `foreseenRuns`.
   */
  foresee(announced: readonly AnnouncedRun[], step: number, numParameters: number): ForeseenRun[] {
    const {className, ledger, options, scheduled, adaptedClip} = this;
    const optimizer = this.name ?? {className, id: `${className}-foreseen`};
    const forecast = this.tree?.forecast(ledger, optimizer.id);
    return foreseenRuns(announced, {
      step,
      optimizer,
      options,
      scheduled,
      adaptedClip,
      forecast,
      numParameters,
    });
  }

  private releasing(step: number): ReleasingOptimizer {
    if (this.name === undefined) {
      checkReleased(this.ledger, this.className, step);
      warnOnce('noise', noiseWarning(this.options.noiseMultiplier));
    }
    return (this.name ??= this.ledger.nameOptimizer(this.className));
  }

  /** The variables of every step: fixed at the first, since a coordinate without noise would be a leak (privacy rule 16). */
  private trainable(varList?: readonly tf.Variable[]): readonly tf.Variable[] {
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
    return first;
  }
}

/**
 * Refuses to go on where an optimizer was loaded that has made steps which its ledger does not hold.
 *
 * @param step - Number of the next step.
 * @throws DpError LEDGER_MISSING.
 */
function checkReleased({rows}: Ledger, className: string, step: number): void {
  if (step === 0) return;
  const last = rows.some(
    (row) => row.what === 'gradientSum' && row.optimizer.className === className && row.step >= step - 1,
  );
  if (last) return;
  throw new DpError(
    'LEDGER_MISSING',
    `this ${className} has made ${step} steps, and its ledger of ${rows.length} rows does not hold them: their epsilon would be forgotten. ` +
      'Call useLedger with the ledger of that run before the next step; nothing was released',
  );
}

function* abortable<T>(pieces: Iterable<T>, signal: AbortSignal | undefined): Generator<T> {
  signal?.throwIfAborted();
  for (const piece of pieces) {
    yield piece;
    signal?.throwIfAborted();
  }
}

function named(variables: readonly tf.Variable[], gradients: readonly tf.Tensor[]): tf.NamedTensorMap {
  gradients.forEach(markPrivate);
  return Object.fromEntries(
    variables.flatMap((variable, v) => {
      const gradient = gradients[v];
      return gradient === undefined ? [] : [[variable.name, gradient] as const];
    }),
  );
}
