import type {DpEvent} from '../event.js';
import {reduceToGaussian} from '../gaussian/reduce.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {gaussianRdp} from './gaussian.js';
import {repeatAndSelectRdp} from './repeat_and_select.js';
import {withoutReplacementRdp} from './without_replacement.js';
import {leafRdp} from './leaf.js';
import {sampledGaussianRdp} from './sampled_gaussian.js';

/**
 * The Renyi divergences of checked events at fixed orders. One step on a sample is computed once for each sampling and
 * noise, however often it is composed.
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
        return this.#sampled(event.samplingProbability, gaussianInside(event.event));
      case 'sampledWithoutReplacement':
        return this.#subset(event.sampleSize / event.sourceDatasetSize, gaussianInside(event.event) / 2);
      case 'sampledWithReplacement':
        throw new Error('sampledWithReplacement was not refused');
      case 'repeatAndSelect':
        return repeatAndSelectRdp(this.#orders, this.#once(event.event), event.mean, event.shape);
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

  #sampled(q: number, z: number): Float64Array {
    return this.#known(`poisson ${q} ${z}`, () => this.#at((order) => sampledGaussianRdp(q, z, order)));
  }

  #subset(share: number, noise: number): Float64Array {
    if (share === 1 || noise === 0 || noise === Infinity)
      return this.#at((order) => gaussianRdp(noise, order));
    return this.#known(`subset ${share} ${noise}`, () => withoutReplacementRdp(share, noise, this.#orders));
  }

  #known(key: string, make: () => Float64Array): Float64Array {
    const step = this.#sampledSteps.get(key) ?? make();
    this.#sampledSteps.set(key, step);
    return step;
  }

  #at(rdp: (order: number) => number): Float64Array {
    return Float64Array.from(this.#orders, rdp);
  }
}

function gaussianInside(event: DpEvent): number {
  const noiseMultiplier = reduceToGaussian(event);
  if (noiseMultiplier === undefined) throw new Error('a sample for something not Gaussian was not refused');
  return noiseMultiplier;
}
