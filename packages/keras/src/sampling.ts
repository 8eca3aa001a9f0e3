import {gaussian, poissonSampled, type DpEvent, type NeighbouringRelation} from '@dp/accountant';
import {DpError, poissonSampler, shuffleSampler, type Sampler, type SamplerOptions} from '@dp/optimizers';
import {effectiveSamplingProbability} from '@dp/random';

/**
 * How batches are drawn (privacy rules 1-4): `'poisson'`, each record joins each batch independently; `'shuffle'`, a fresh
 * permutation an epoch, which amplifies nothing.
 */
export type SamplingChoice = 'poisson' | 'shuffle';

/** One way of drawing batches, with what it costs: sampler and event are made from the same constants. */
export interface SamplingPlan {
  readonly neighboring: NeighbouringRelation;
  readonly stepsPerEpoch: number;
  makeSampler(): Sampler;
  /** What so many epochs with one noise multiplier are. */
  events(noiseMultiplier: number, epochs: number): {readonly event: DpEvent; readonly count: number};
}

const PLANS: {readonly [K in SamplingChoice]: (options: SamplerOptions) => SamplingPlan} = {
  poisson(options) {
    const {numExamples, batchSize} = options;
    const samplingProbability = effectiveSamplingProbability(batchSize / numExamples);
    const stepsPerEpoch = Math.floor(numExamples / batchSize);
    return {
      neighboring: 'addOrRemoveOne',
      stepsPerEpoch,
      makeSampler: () => poissonSampler(options),
      events: (noiseMultiplier, epochs) => ({
        event: poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})}),
        count: epochs * stepsPerEpoch,
      }),
    };
  },
  shuffle(options) {
    const {numExamples, batchSize} = options;
    return {
      neighboring: 'replaceSpecial',
      stepsPerEpoch: Math.ceil(numExamples / batchSize),
      makeSampler: () => shuffleSampler(options),
      events: (noiseMultiplier, epochs) => ({event: gaussian({noiseMultiplier}), count: epochs}),
    };
  },
};

/** @throws DpError INVALID_OPTION. */
export function samplingPlan(choice: SamplingChoice, options: SamplerOptions): SamplingPlan {
  if (!Object.hasOwn(PLANS, choice)) {
    throw new DpError(
      'INVALID_OPTION',
      `privacy.sampling must be one of ${Object.keys(PLANS).join(', ')}, got ${JSON.stringify(choice)}`,
    );
  }
  return PLANS[choice](options);
}
