import type {DpEvent} from '../event.js';
import {reduceToGaussian} from '../gaussian/reduce.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {gaussianRdp} from './gaussian.js';
import {leafRdp} from './leaf.js';
import {sampledGaussianRdp} from './sampled_gaussian.js';

/**
 * The Renyi divergences of checked events at fixed orders. One step of the subsampled Gaussian is computed once for each
 * pair of sampling probability and noise, however often it is composed.
 */
export class RdpOfEvents {
  readonly #orders: readonly number[];
  readonly #relation: NeighbouringRelation;
  readonly #sampledSteps = new Map<string, Float64Array>();

  constructor(orders: readonly number[], relation: NeighbouringRelation) {
    this.#orders = orders;
    this.#relation = relation;
  }

  /** `count` copies of `event`, in nats at each order. The only place where a count is applied. */
  rdp(event: DpEvent, count: number): Float64Array {
    if (count === 0) return this.#at(() => 0);
    return this.#once(event).map((rdp) => count * rdp);
  }

  #once(event: DpEvent): Float64Array {
    switch (event.kind) {
      case 'noOp':
        return this.#at(() => 0);
      case 'nonPrivate':
        return this.#at(() => Infinity);
      case 'gaussian': {
        // A record that is replaced moves the sum by twice the sensitivity to which the noise is relative.
        const sensitivity = this.#relation === 'replaceOne' ? 2 : 1;
        return this.#at((order) => gaussianRdp(event.noiseMultiplier / sensitivity, order));
      }
      case 'poissonSampled':
        return this.#sampled(event.samplingProbability, reduceToGaussian(event.event));
      case 'selfComposed':
        return this.rdp(event.event, event.count);
      case 'composed':
        return event.events.reduce(
          (sum, part) => {
            const added = this.#once(part);
            return sum.map((rdp, i) => rdp + (added[i] as number));
          },
          this.#at(() => 0),
        );
      default:
        return this.#at((order) => leafRdp(event, order, this.#relation));
    }
  }

  #sampled(samplingProbability: number, noiseMultiplier: number | undefined): Float64Array {
    if (noiseMultiplier === undefined)
      throw new Error('poissonSampled of something that is not a Gaussian was not refused');
    const key = `${samplingProbability} ${noiseMultiplier}`;
    const known = this.#sampledSteps.get(key);
    if (known !== undefined) return known;
    const step = this.#at((order) => sampledGaussianRdp(samplingProbability, noiseMultiplier, order));
    this.#sampledSteps.set(key, step);
    return step;
  }

  #at(rdp: (order: number) => number): Float64Array {
    return Float64Array.from(this.#orders, rdp);
  }
}
