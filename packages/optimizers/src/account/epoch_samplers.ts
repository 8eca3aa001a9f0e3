import {randomPermutation} from '@dp/random';

import {DpError} from '../errors.js';
import {
  checkSamplerOptions,
  runsByEpoch,
  type AnnouncedBatch,
  type AnnouncedRun,
  type RestOfEpoch,
  type Sampler,
  type SamplerOptions,
} from './sampler.js';
import {originOf, type RandomOrigin} from './randomness.js';
import {uniqueName} from './unique_name.js';

/** Options of samplers whose order is fixed before an epoch. */
export interface EpochSamplerOptions extends SamplerOptions {
  /** Of a run that goes on: its epoch is finished first, in the same order. */
  readonly rest?: RestOfEpoch | undefined;
}

/**
 * A fresh random permutation each epoch, cut into batches: each record takes part exactly once an epoch, and there is no
 * amplification by sampling. An epoch is ceil(N / batchSize) steps.
 *
 * @throws DpError INVALID_OPTION.
 */
export function shuffleSampler(options: EpochSamplerOptions): Sampler {
  const {numExamples, batchSize, source} = checkSamplerOptions(options);
  const random = originOf(source);
  return new EpochSampler('shuffle', {numExamples, batchSize, rest: options.rest, random}, () =>
    randomPermutation(numExamples, source),
  );
}

/**
 * The records in the order in which they lie, cut into batches: each takes part exactly once an epoch. An epoch is
 * ceil(N / batchSize) steps.
 *
 * @throws DpError INVALID_OPTION.
 */
export function fixedSampler(options: EpochSamplerOptions): Sampler {
  const {numExamples, batchSize} = checkSamplerOptions(options);
  return new EpochSampler('fixed', {numExamples, batchSize, rest: options.rest}, () =>
    Int32Array.from({length: numExamples}, (_, i) => i),
  );
}

class EpochSampler implements Sampler {
  readonly stepsPerEpoch: number;
  private name: string;
  /** After an epoch that a run before has begun: it may have begun the next as well, in another order, which is not this one. */
  private readonly nextName: string;
  private order: Int32Array = new Int32Array(0);
  private epoch = 0;
  private batch = 0;

  constructor(
    private readonly kind: 'shuffle' | 'fixed',
    private readonly options: {
      readonly numExamples: number;
      readonly batchSize: number;
      readonly rest?: RestOfEpoch | undefined;
      readonly random?: RandomOrigin;
    },
    private readonly newOrder: () => Int32Array,
  ) {
    const {numExamples, batchSize, rest} = options;
    this.stepsPerEpoch = Math.ceil(numExamples / batchSize);
    this.nextName = uniqueName(kind);
    this.name = rest?.sampler ?? this.nextName;
    if (rest !== undefined) this.takeUp(rest);
  }

  announce(ahead: number): AnnouncedBatch {
    const {kind, stepsPerEpoch} = this;
    const {numExamples, batchSize, random} = this.options;
    const batch = this.batch + ahead;
    const later = Math.floor(batch / stepsPerEpoch);
    const [sampler, epoch] =
      later > 0 && this.isResumed ? [this.nextName, later - 1] : [this.name, this.epoch + later];
    return {
      id: `${sampler}-${epoch}-${batch % stepsPerEpoch}`,
      sampling: {kind, sampler, numExamples, batchSize, epoch},
      ...(random && {random}),
    };
  }

  announceRuns(steps: number): readonly AnnouncedRun[] {
    const {batch, stepsPerEpoch} = this;
    // The run before may have drawn the rest of its epoch already: batch by batch.
    const rest = this.isResumed ? Math.min(steps, stepsPerEpoch - batch) : 0;
    const singles = Array.from({length: rest}, (_, ahead) => ({...this.announce(ahead), count: 1}));
    const announce = (ahead: number): AnnouncedBatch => this.announce(rest + ahead);
    return [...singles, ...runsByEpoch(steps - rest, {batch: batch + rest, stepsPerEpoch, announce})];
  }

  next(): ReturnType<Sampler['next']> {
    const {batchSize} = this.options;
    if (this.batch === 0) this.order = this.newOrder();
    const announced = this.announce(0);
    const indices = this.order.slice(this.batch * batchSize, (this.batch + 1) * batchSize);
    this.batch++;
    if (this.batch === this.stepsPerEpoch) this.beginEpoch();
    return {...announced, indices};
  }

  rest(): RestOfEpoch | undefined {
    const {name: sampler, epoch, batch} = this;
    return batch === 0 ? undefined : {sampler, epoch, batch, order: [...this.order]};
  }

  private beginEpoch(): void {
    this.batch = 0;
    this.epoch = this.isResumed ? 0 : this.epoch + 1;
    this.name = this.nextName;
  }

  /** Whether the epoch is one that the run before has begun. */
  private get isResumed(): boolean {
    return this.name !== this.nextName;
  }

  private takeUp({epoch, batch, order}: RestOfEpoch): void {
    const {numExamples} = this.options;
    if (!isPermutation(order, numExamples) || !(batch > 0 && batch < this.stepsPerEpoch)) {
      throw new DpError(
        'INVALID_OPTION',
        `the rest of an epoch must be of ${numExamples} records, each once, in ${this.stepsPerEpoch} batches, got batch ${batch} of ${order.length} records: ` +
          'go on with the numExamples and batchSize of that run',
      );
    }
    [this.epoch, this.batch, this.order] = [epoch, batch, Int32Array.from(order)];
  }
}

/** A record that an epoch holds twice would take part twice, and be counted once. */
function isPermutation(order: readonly number[], length: number): boolean {
  const isFree = new Uint8Array(length).fill(1);
  for (const record of order) {
    if (isFree[record] !== 1) return false;
    isFree[record] = 0;
  }
  return order.length === length;
}
