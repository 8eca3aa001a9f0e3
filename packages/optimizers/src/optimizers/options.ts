import {secureSource, type RandomSource} from '@dp/random';

import {Ledger} from '../account/ledger.js';
import {moderate, noise, positiveInteger, shown} from '../checks.js';
import {checkClipping, type Clipping} from '../clip/mode.js';
import type {WeightAveraging} from '../averaging/averaging.js';
import {DpError} from '../errors.js';
import type {Schedule} from '../schedules/schedule.js';
import {ScheduledValue} from '../schedules/scheduled_value.js';

/** What makes a gradient private. Every field is a public constant. */
export interface PrivacyOptions {
  /**
   * C: each example's gradient over all variables together is clipped to this L2 norm. Greater than 0. Or its schedule; with
   * adaptive clipping the first step's.
   */
  readonly l2NormClip: number | Schedule;
  /** How gradients are bounded: `'flat'` (default), `perLayer(...)`, `automatic(...)` or `adaptive(...)`. */
  readonly clipping?: Clipping;
  /** Noise standard deviation divided by `l2NormClip`. In [0, 2^20]; 0 is not private. Or its schedule. */
  readonly noiseMultiplier: number | Schedule;
  /** The public divisor of the noisy sum; with microbatches of one example, the expected batch size. Integer, at least 1. */
  readonly numMicrobatches: number;
  /**
   * Number of examples that a batch is expected to hold; a multiple of `numMicrobatches`.
   * Default: `numMicrobatches * microbatchSize`. Larger batches (as Poisson sampling draws) need it, or `microbatchSize`.
   */
  readonly expectedBatchSize?: number;
  /** Examples per microbatch, clipped together. Default: `expectedBatchSize / numMicrobatches`, or 1. */
  readonly microbatchSize?: number;
  /** Source of the noise. Default: the operating system's secure source. A seeded source is for tests: it protects nobody. */
  readonly randomSource?: RandomSource;
  /** Where releases are recorded. Default: a new ledger in memory. */
  readonly ledger?: Ledger;
}

/** What every private optimizer takes beside its base optimizer's options. */
export interface PrivateOptimizerOptions extends PrivacyOptions {
  /** Keeps averages of the weights, such as `ema({decay: 0.999})`, for `withAveragedWeights`. Default: none. */
  readonly averaging?: WeightAveraging;
}

/** `PrivacyOptions` of one step, checked and completed. */
export interface CheckedPrivacyOptions extends Required<PrivacyOptions> {
  readonly l2NormClip: number;
  readonly noiseMultiplier: number;
  /** Whether a batch may hold more examples than expected: only if the caller said what to expect. */
  readonly mayExceed: boolean;
}

/**
 * Those of step 0.
 *
 * @throws DpError INVALID_OPTION, with name, value, bound and remedy.
 */
export function checkPrivacyOptions(options: PrivacyOptions): CheckedPrivacyOptions {
  const {numMicrobatches, expectedBatchSize, microbatchSize} = options;
  const {clipping = 'flat'} = options;
  const {l2NormClip, noiseMultiplier} = scheduledPrivacy(options);
  checkClipping(clipping);
  checkKeepers(options);
  if (clipping !== 'flat' && clipping.kind === 'adaptive' && !l2NormClip.isConstant) {
    throw new DpError(
      'INVALID_OPTION',
      'l2NormClip must be a number with adaptive clipping, which changes it by itself; got a schedule',
    );
  }
  positiveInteger('numMicrobatches', numMicrobatches);
  if (expectedBatchSize !== undefined) positiveInteger('expectedBatchSize', expectedBatchSize);
  if (microbatchSize !== undefined) positiveInteger('microbatchSize', microbatchSize);
  if (expectedBatchSize !== undefined && expectedBatchSize % numMicrobatches !== 0) {
    throw new DpError(
      'INVALID_OPTION',
      `expectedBatchSize must be a multiple of numMicrobatches (${numMicrobatches}), got ${expectedBatchSize}`,
    );
  }
  const size = microbatchSize ?? (expectedBatchSize === undefined ? 1 : expectedBatchSize / numMicrobatches);
  if (expectedBatchSize !== undefined && expectedBatchSize !== numMicrobatches * size) {
    throw new DpError(
      'INVALID_OPTION',
      `microbatchSize must be expectedBatchSize / numMicrobatches = ${expectedBatchSize / numMicrobatches}, got ${size}; give two of the three`,
    );
  }
  return {
    l2NormClip: l2NormClip.at(0),
    clipping,
    noiseMultiplier: noiseMultiplier.at(0),
    numMicrobatches,
    microbatchSize: size,
    expectedBatchSize: numMicrobatches * size,
    mayExceed: expectedBatchSize !== undefined || microbatchSize !== undefined,
    randomSource: options.randomSource ?? secureSource(),
    ledger: options.ledger ?? new Ledger(),
  };
}

/** Releases and their noise go where the caller said, or nowhere. */
function checkKeepers({ledger, randomSource}: PrivacyOptions): void {
  if (ledger !== undefined && !(ledger instanceof Ledger))
    throw new DpError('INVALID_OPTION', `ledger must be a Ledger, got ${shown(ledger)}`);
  if (randomSource !== undefined && typeof (randomSource as {fill?: unknown} | null)?.fill !== 'function') {
    throw new DpError(
      'INVALID_OPTION',
      `randomSource must be a source of @dp/random, got ${shown(randomSource)}; leave it out for the secure one`,
    );
  }
}

/** What may change from step to step. */
export function scheduledPrivacy({l2NormClip, noiseMultiplier}: PrivacyOptions): {
  readonly l2NormClip: ScheduledValue;
  readonly noiseMultiplier: ScheduledValue;
} {
  return {
    l2NormClip: new ScheduledValue('l2NormClip', l2NormClip, moderate),
    noiseMultiplier: new ScheduledValue('noiseMultiplier', noiseMultiplier, givenNoise),
  };
}

/** There is no default: how much noise is enough is the caller's to know, or a plan's. */
function givenNoise(name: string, value: number | undefined): void {
  if (value === undefined) {
    throw new DpError(
      'INVALID_OPTION',
      `${name} must be a finite number >= 0, got undefined: choose it, or let a private model of @dp/keras find it, with ` +
        'optimizer: (calibrated) => dpSGD({..., ...calibrated}) and privacy.targetEpsilon',
    );
  }
  noise(name, value);
}
