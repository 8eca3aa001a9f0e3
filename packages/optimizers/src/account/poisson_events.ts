import {gaussian, poissonSampled, type DpEvent} from '@dp/accountant';

import {BatchNoise} from './batch_noise.js';
import {coarser, MAX_DIFFERENT_EVENTS, type SampledGaussian} from './coarse_events.js';
import type {NewRow} from './ledger.js';
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
  private readonly batches: BatchNoise;
  /** By probability and noise multiplier. */
  private readonly counted: Map<number, Map<number, number>>;

  /** @param before - What it goes on from; it is not changed. */
  constructor(
    private readonly event: SampledEvent = poissonGaussian,
    before?: PoissonEvents,
  ) {
    this.batches = before?.batches.fork() ?? new BatchNoise();
    this.counted = new Map(Array.from(before?.counted ?? [], ([q, counts]) => [q, new Map(counts)]));
  }

  /** Whether noise and probabilities were rounded to fewer values. Epsilon is an upper bound all the same. */
  get isRounded(): boolean {
    return this.numDifferent > MAX_DIFFERENT_EVENTS;
  }

  /** @param count - Number of batches that are alike; the first is the row's. */
  add(row: NewRow, samplingProbability: number, count: number): void {
    const {before, after} = this.batches.add(`${samplingProbability} ${row.batchId}`, row);
    if (before !== Infinity) this.count(samplingProbability, before, -1);
    this.count(samplingProbability, after, count);
  }

  events(): CountedEvent[] {
    const all = Array.from(this.counted, ([samplingProbability, counts]) =>
      Array.from(counts, ([noiseMultiplier, count]): SampledGaussian => ({
        samplingProbability,
        noiseMultiplier,
        count,
      })),
    ).flat();
    return (this.isRounded ? coarser(all) : all).map(({samplingProbability, noiseMultiplier, count}) => ({
      event: this.event(samplingProbability, noiseMultiplier),
      count,
    }));
  }

  /** To go on with; this one stays as it is. */
  fork(): PoissonEvents {
    return new PoissonEvents(this.event, this);
  }

  private get numDifferent(): number {
    let number = 0;
    for (const counts of this.counted.values()) number += counts.size;
    return number;
  }

  private count(samplingProbability: number, noiseMultiplier: number, more: number): void {
    const counts = this.counted.get(samplingProbability) ?? new Map<number, number>();
    const count = (counts.get(noiseMultiplier) ?? 0) + more;
    if (count === 0) counts.delete(noiseMultiplier);
    else counts.set(noiseMultiplier, count);
    this.counted.set(samplingProbability, counts);
  }
}
