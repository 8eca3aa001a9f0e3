import {LayeredMap} from './layered_map.js';
import type {NewRow} from './ledger.js';

/** The one multiplier of two Gaussian releases of the same data: (a^-2 + b^-2)^(-1/2); 0, no noise, if one has none. */
export function combineMultipliers(a: number, b: number): number {
  if (a === Infinity) return b;
  if (b === Infinity) return a;
  return a === 0 || b === 0 ? 0 : a * (b / Math.hypot(a, b));
}

/**
 * The noise of everything released from one batch (privacy rule 6), kept as rows come: a batch may get one more release
 * at any time.
 */
export class BatchNoise {
  constructor(private readonly multipliers = new LayeredMap<string, number>()) {}

  /** Adds a release to its batch. Returns the batch's multiplier before (infinite: it had none) and after. */
  add(
    batch: string,
    {noiseMultiplier}: Pick<NewRow, 'noiseMultiplier'>,
  ): {readonly before: number; readonly after: number} {
    const before = this.multipliers.get(batch) ?? Infinity;
    const after = combineMultipliers(before, noiseMultiplier);
    this.multipliers.set(batch, after);
    return {before, after};
  }

  /** To go on with; this one stays as it is. */
  fork(): BatchNoise {
    return new BatchNoise(new LayeredMap(this.multipliers));
  }
}
