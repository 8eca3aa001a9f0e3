import type {PrivateOptimizer, Sampler} from '@dp/optimizers';

/** So many steps are reserved at once: what a crash of the page may cost at most. */
const AHEAD = 16;

/** What is needed to foresee steps. */
export interface ReservationOptions {
  readonly optimizer: PrivateOptimizer;
  readonly sampler: Sampler;
  /** D. */
  readonly numParameters: number;
}

/** Steps that are reserved in a ledger whose storage is asynchronous, as in a browser; for any other there is nothing to do. */
export class Reservations {
  /** Batches that are reserved and were not drawn. */
  private readonly batches = new Set<string>();

  constructor(private readonly options: ReservationOptions) {}

  /**
   * Resolves when what the next step may release is durable.
   *
   * @param steps - That will be taken from here, at least 1: no more are reserved.
   */
  async next(steps: number): Promise<void> {
    const {optimizer, sampler, numParameters} = this.options;
    if (!optimizer.ledger.mustReserve) return;
    const {id} = sampler.announce(0);
    if (!this.batches.has(id)) {
      const coming = Array.from({length: Math.min(steps, AHEAD)}, (_, ahead) => sampler.announce(ahead));
      await optimizer.ledger.reserve(optimizer.foresee(coming, numParameters));
      for (const batch of coming) this.batches.add(batch.id);
    }
    this.batches.delete(id);
  }
}
