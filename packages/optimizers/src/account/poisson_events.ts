import {gaussian, poissonSampled, type DpEvent} from '@dp/accountant';

import {BatchNoise} from './batch_noise.js';
import {coarser, MAX_DIFFERENT_EVENTS, type SampledGaussian} from './coarse_events.js';
import type {LedgerRow} from './ledger_row.js';
import type {CountedEvent} from './spending.js';

/** What one batch is, of which everything released together has a noise multiplier. */
export type SampledEvent = (samplingProbability: number, noiseMultiplier: number) => DpEvent;

const poissonGaussian: SampledEvent = (samplingProbability, noiseMultiplier) =>
  poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});

/**
 * The events of Poisson-sampled batches, counted as rows come: all releases of one batch are one event,
 * `poissonSampled(q, gaussian(z))` with z = (sum z_j^-2)^(-1/2), or another such event.
 */
export class PoissonEvents {
  private readonly batches = new BatchNoise();
  private readonly counted = new Map<string, SampledGaussian>();

  constructor(private readonly event: SampledEvent = poissonGaussian) {}

  /** Whether noise and probabilities were rounded to fewer values. Epsilon is an upper bound all the same. */
  get isRounded(): boolean {
    return this.counted.size > MAX_DIFFERENT_EVENTS;
  }

  add(row: LedgerRow, samplingProbability: number): void {
    const {before, after} = this.batches.add(`${samplingProbability} ${row.batchId}`, row);
    if (before !== Infinity) this.count(samplingProbability, before, -1);
    this.count(samplingProbability, after, 1);
  }

  events(): CountedEvent[] {
    const all = [...this.counted.values()];
    return (this.isRounded ? coarser(all) : all).map(({samplingProbability, noiseMultiplier, count}) => ({
      event: this.event(samplingProbability, noiseMultiplier),
      count,
    }));
  }

  private count(samplingProbability: number, noiseMultiplier: number, more: number): void {
    const key = `${samplingProbability} ${noiseMultiplier}`;
    const count = (this.counted.get(key)?.count ?? 0) + more;
    if (count === 0) this.counted.delete(key);
    else this.counted.set(key, {samplingProbability, noiseMultiplier, count});
  }
}
