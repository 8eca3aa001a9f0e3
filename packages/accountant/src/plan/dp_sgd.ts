import {requireDelta, requireInteger, requireNonNegative, requireOneOf, requirePositive} from '../checks.js';
import {type DpEvent, gaussian, poissonSampled, selfComposed} from '../event.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {reduceToGaussian} from '../gaussian/reduce.js';
import {RdpAccountant} from '../rdp/accountant.js';
import {type OptimalEpsilon, optimalEpsilon} from '../rdp/convert.js';
import {DEFAULT_ORDERS} from '../rdp/orders.js';

/** One DP-SGD training run. Everything here is public; the data do not appear. */
export interface DpSgdRun {
  /** Number of training examples N, an integer >= 1. */
  readonly numExamples: number;
  /** Expected batch size B, an integer from 1 to N. */
  readonly batchSize: number;
  /** Standard deviation of the noise on the summed gradients, over the clipping norm; >= 0, and 0 is not private. */
  readonly noiseMultiplier: number;
  /** Passes over the data, > 0, whole or not. */
  readonly epochs: number;
  /** Number of batches, an integer >= 1. Default: ceil(epochs * N / B). */
  readonly steps?: number;
  /**
   * Examples whose gradients are averaged before clipping. Above 1, an example moves the sum by up to 2 C, and there is no
   * guarantee for Poisson sampling. Default: 1.
   */
  readonly microbatchSize?: number;
}

/** Options of {@link dpSgdEvent}. */
export interface DpSgdEventOptions extends DpSgdRun {
  /**
   * How batches are made.
   * - `'poisson'`: each example joins each batch independently with probability B / N. Account under `addOrRemoveOne`.
   * - `'oncePerEpoch'`: each example is in at most one batch of an epoch (shuffled or in a fixed order). Account under
   *   `replaceSpecial`.
   */
  readonly sampling: 'poisson' | 'oncePerEpoch';
}

/**
 * The event of a whole training run: for `'poisson'`, `steps` Gaussians on sampled batches; for `'oncePerEpoch'`, as many
 * Gaussians as an example has turns, which is the number of epochs, rounded up.
 *
 * @throws RangeError for a bad or contradictory number; naming `sampling` for microbatches with Poisson sampling.
 */
export function dpSgdEvent(options: DpSgdEventOptions): DpEvent {
  checkRun(options);
  const {sampling, numExamples, batchSize, noiseMultiplier, epochs, steps, microbatchSize = 1} = options;
  requireOneOf('sampling', sampling, ['poisson', 'oncePerEpoch']);
  if (sampling === 'poisson') {
    if (microbatchSize > 1) {
      throw new RangeError(
        `microbatchSize must be 1 with sampling: 'poisson', got ${microbatchSize}; use sampling: 'oncePerEpoch'`,
      );
    }
    const event = poissonSampled({
      samplingProbability: batchSize / numExamples,
      event: gaussian({noiseMultiplier}),
    });
    return selfComposed({event, count: numberOfSteps(options)});
  }
  const turns = Math.ceil(epochs);
  const most = turns * Math.ceil(numExamples / batchSize);
  if (steps !== undefined && steps > most) {
    throw new RangeError(
      `steps must be at most ${most}, the batches of ${turns} epochs, with sampling: 'oncePerEpoch', got ${steps}`,
    );
  }
  // The mean of a group can move anywhere in the ball of radius C: sensitivity 2 C instead of C.
  const event = gaussian({noiseMultiplier: microbatchSize > 1 ? noiseMultiplier / 2 : noiseMultiplier});
  return selfComposed({event, count: turns});
}

/** What one training run costs, by the way its batches are made. */
export interface DpSgdBudget {
  /** Expected batch size over number of examples. */
  readonly samplingProbability: number;
  /** Number of batches. */
  readonly steps: number;
  /** The delta of all epsilons here. */
  readonly delta: number;
  /**
   * Valid only if batches are Poisson-sampled; `null` where this has no guarantee (microbatches). Upper bounds by Renyi
   * differential privacy: `classic` for comparison with older publications, `improved` never above it.
   */
  readonly poisson: {
    readonly relation: 'addOrRemoveOne';
    readonly classic: OptimalEpsilon;
    readonly improved: OptimalEpsilon;
  } | null;
  /**
   * Valid if each example is in at most one batch of an epoch, whatever the order: no amplification by sampling. Exact
   * for the composed Gaussians.
   */
  readonly oncePerEpoch: {
    readonly relation: 'replaceSpecial';
    /** Batches in which one example may be: epochs, rounded up. */
    readonly participations: number;
    readonly epsilon: number;
  };
}

/**
 * The privacy budget of one DP-SGD training run, under both ways of making batches side by side.
 *
 * @param options - the run, `delta` in (0, 1), and the Renyi `orders` (default {@link DEFAULT_ORDERS}).
 * @throws RangeError for a bad or contradictory number.
 *
 * @example
 * const run = {numExamples: 60000, batchSize: 256, noiseMultiplier: 1.1, epochs: 60};
 * dpSgdBudget({...run, delta: 1e-5}).poisson?.improved.epsilon; // 2.5966
 */
export function dpSgdBudget(
  options: DpSgdRun & {readonly delta: number; readonly orders?: readonly number[]},
): DpSgdBudget {
  const {delta, orders = DEFAULT_ORDERS, ...run} = options;
  checkRun(run);
  requireDelta('delta', delta);
  const turns = dpSgdEvent({...run, sampling: 'oncePerEpoch'});
  return {
    samplingProbability: run.batchSize / run.numExamples,
    steps: numberOfSteps(run),
    delta,
    poisson: (run.microbatchSize ?? 1) > 1 ? null : poissonBudget(run, delta, orders),
    oncePerEpoch: {
      relation: 'replaceSpecial',
      participations: Math.ceil(run.epochs),
      epsilon: gaussianEpsilon({noiseMultiplier: reduceToGaussian(turns) ?? 0, delta}),
    },
  };
}

function poissonBudget(run: DpSgdRun, delta: number, orders: readonly number[]): DpSgdBudget['poisson'] {
  const accountant = new RdpAccountant({orders, neighboring: 'addOrRemoveOne'});
  const {rdp} = accountant.compose(dpSgdEvent({...run, sampling: 'poisson'}));
  return {
    relation: 'addOrRemoveOne',
    classic: optimalEpsilon('classic', rdp, delta),
    improved: optimalEpsilon('improved', rdp, delta),
  };
}

function numberOfSteps({steps, epochs, numExamples, batchSize}: DpSgdRun): number {
  return steps ?? Math.ceil((epochs * numExamples) / batchSize);
}

function checkRun(run: DpSgdRun): void {
  const {numExamples, batchSize, noiseMultiplier, epochs, microbatchSize = 1} = run;
  requireInteger('numExamples', numExamples, 1);
  requireInteger('batchSize', batchSize, 1);
  if (batchSize > numExamples) {
    throw new RangeError(`batchSize must be at most numExamples = ${numExamples}, got ${batchSize}`);
  }
  requireNonNegative('noiseMultiplier', noiseMultiplier);
  requirePositive('epochs', epochs);
  requireInteger('steps', numberOfSteps(run), 1);
  requireInteger('microbatchSize', microbatchSize, 1);
}
