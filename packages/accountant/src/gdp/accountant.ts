import {requireDelta, requireInteger, requireNonNegative} from '../checks.js';
import {checkEvent, type DpEvent} from '../event.js';
import {gaussianDelta} from '../gaussian/delta.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {reduceToGaussian} from '../gaussian/reduce.js';
import {checkSupport} from '../support.js';

/**
 * Accounts by the central limit theorem of Gaussian differential privacy (Dong, Roth and Su 2019; Bu, Dong, Long and Su
 * 2020, "Deep Learning with Gaussian Differential Privacy"), under add-or-remove-one.
 *
 * **An approximation, not a guarantee**: its epsilon may lie below the true one, as it does for the MNIST run (2.32 instead
 * of 2.38). It is here to compare with publications that used it; `PldAccountant` is as fast and holds.
 */
export class GdpAccountant {
  /** Always true: what this accountant says is no bound. */
  readonly isApproximation = true;
  #muSquared = 0;

  /**
   * Adds `count` copies of `event`, made of Gaussians and Gaussians on Poisson samples.
   *
   * @throws UnsupportedEventError for other events; RangeError or TypeError if something is not an event or a count.
   */
  compose(event: DpEvent, count = 1): this {
    checkEvent(event);
    requireInteger('count', count, 0);
    checkSupport('GdpAccountant', event, 'addOrRemoveOne');
    this.#muSquared += muSquared(event, count);
    return this;
  }

  /** The parameter of the limit: everything composed is about one Gaussian of noise 1 / mu. */
  get mu(): number {
    return Math.sqrt(this.#muSquared);
  }

  /** About the epsilon at `delta` in (0, 1). @throws RangeError for a delta out of its bounds. */
  epsilon(delta: number): number {
    requireDelta('delta', delta);
    return this.mu === 0 ? 0 : gaussianEpsilon({noiseMultiplier: 1 / this.mu, delta});
  }

  /** About the delta at `epsilon` >= 0. @throws RangeError for an epsilon out of its bounds. */
  delta(epsilon: number): number {
    requireNonNegative('epsilon', epsilon);
    return this.mu === 0 ? 0 : gaussianDelta({noiseMultiplier: 1 / this.mu, epsilon});
  }
}

function muSquared(event: DpEvent, count: number): number {
  if (count === 0) return 0;
  switch (event.kind) {
    case 'noOp':
      return 0;
    case 'nonPrivate':
      return Infinity;
    case 'gaussian':
      return count / event.noiseMultiplier ** 2;
    case 'selfComposed':
      return muSquared(event.event, count * event.count);
    case 'composed':
      return event.events.reduce((sum, part) => sum + muSquared(part, count), 0);
    case 'poissonSampled': {
      const z = reduceToGaussian(event.event) ?? 0;
      const q = event.samplingProbability;
      return q === 0 ? 0 : count * q * q * Math.expm1(1 / (z * z));
    }
    default:
      throw new Error(`${event.kind} was not refused`);
  }
}
