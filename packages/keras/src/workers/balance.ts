/** How much one measured step moves what is known of a thread's speed. */
const WEIGHT_OF_NEW = 0.1;
/** The least share of a thread, of an equal one: a thread without examples would never be measured again. */
const LEAST_SHARE = 0.25;

/** Steps that tell nothing: engines compile, and each thread proves that examples are separate. */
const COLD_STEPS = 4;
/** In milliseconds: a clock of a browser may tell no less. */
const CLOCK_TICK = 0.1;

/** What a thread took of a step. */
export interface PartOfStep {
  /** Number of examples. */
  readonly size: number;
  /** How long it took for them. */
  readonly milliseconds: number;
}

/**
 * Shares a batch so that all threads are done at about the same time, by how fast each was so far. Sums are exact, so shares
 * change no result.
 */
export class Balance {
  /** Examples a millisecond, one a thread. It is told by batch sizes and clocks, and stays in this process. */
  private readonly speeds: number[];
  private steps = 0;

  constructor(count: number) {
    this.speeds = new Array<number>(count).fill(NaN);
  }

  /** Cuts a batch into one part a thread, in order. Each but the last holds whole microbatches; a part may be empty. */
  cut(indices: Int32Array, microbatchSize: number): Int32Array[] {
    const groups = Math.ceil(indices.length / microbatchSize);
    const last = this.speeds.length - 1;
    let [start, upTo] = [0, 0];
    return this.portions().map((portion, t) => {
      upTo += portion;
      // Less what rounding may have added to the sum of portions.
      const end = t === last ? indices.length : Math.ceil(groups * upTo - 1e-9) * microbatchSize;
      const part = indices.slice(start, end);
      start = end;
      return part;
    });
  }

  /** @param parts - One a thread. */
  learn(parts: readonly PartOfStep[]): void {
    if (++this.steps <= COLD_STEPS) return;
    parts.forEach(({size, milliseconds}, t) => {
      if (size === 0) return;
      const [speed, known = NaN] = [size / Math.max(milliseconds, CLOCK_TICK), this.speeds[t]];
      this.speeds[t] = Number.isNaN(known) ? speed : known + WEIGHT_OF_NEW * (speed - known);
    });
  }

  /** What part of a batch each thread gets; together 1. */
  private portions(): number[] {
    const {speeds} = this;
    const isKnown = !speeds.some(Number.isNaN);
    const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
    const bounded = speeds.map((speed) => (isKnown ? Math.max(speed, LEAST_SHARE * mean) : 1));
    const sum = bounded.reduce((total, speed) => total + speed, 0);
    return bounded.map((speed) => speed / sum);
  }
}
