import {expect, test} from '@jest/globals';

import {violations, type HostileCall, type Untested} from '../../../tools/testing/hostile_calls.js';
import * as accountant from './index.js';

const NOISE = {noiseMultiplier: 2};
const EVENT = accountant.gaussian(NOISE);
const SAMPLED = accountant.poissonSampled({samplingProbability: 0.5, event: EVENT});
const JSON_TEXT = accountant.eventToJson(SAMPLED);
const RUN = {
  noiseMultiplier: 2,
  numExamples: 100,
  batchSize: 10,
  epochs: 2,
  microbatchSize: 1,
  maxExamplesPerUser: 1,
};
const TARGET = {epsilon: 2, delta: 1e-5, accountant: 'rdp'};

/** Composes and asks an accountant for all it tells. */
const asked =
  (
    make: (options: never) => accountant.RdpAccountant | accountant.PldAccountant | accountant.GdpAccountant,
  ) =>
  (options: never, event: never, count: never, delta: never, epsilon: never) => {
    const composed = make(options).compose(event, count);
    return [composed.epsilon(delta), composed.delta(epsilon)];
  };

const CALLS: Readonly<Record<keyof typeof accountant, HostileCall | Untested>> = {
  checkEvent: {args: [SAMPLED]},
  composed: {args: [[EVENT, SAMPLED]]},
  eventText: 'shows what it is given, for errors',
  gaussian: {args: [NOISE]},
  noOp: 'takes nothing',
  nonPrivate: 'takes nothing',
  poissonSampled: {args: [{samplingProbability: 0.5, event: EVENT}]},
  repeatAndSelect: {args: [{event: EVENT, mean: 2, shape: 1}]},
  sampledWithoutReplacement: {args: [{sourceDatasetSize: 10, sampleSize: 2, event: EVENT}]},
  sampledWithReplacement: {args: [{sourceDatasetSize: 10, sampleSize: 2, event: EVENT}]},
  selfComposed: {args: [{event: EVENT, count: 3}]},
  discreteGaussian: {args: [{sigma: 2, sensitivity: 1}]},
  discreteLaplace: {args: [{parameter: 0.5, sensitivity: 1}]},
  epsilonDelta: {args: [{epsilon: 1, delta: 0.1}]},
  laplace: {args: [NOISE]},
  mixtureOfGaussians: {args: [{standardDeviation: 1, sensitivities: [0, 1], probabilities: [0.5, 0.5]}]},
  randomizedResponse: {args: [{noiseParameter: 0.5, numBuckets: 3}]},
  singleEpochTreeAggregation: {args: [{noiseMultiplier: 2, stepCounts: [3, 4]}]},
  zCDP: {args: [{rho: 1}]},
  exponentialMechanism: {args: [{epsilon: 1}]},
  permuteAndFlip: {args: [{epsilon: 1}]},
  truncatedPoissonSampledGaussian: {
    args: [{datasetSize: 10, samplingProbability: 0.5, truncatedBatchSize: 4, noiseMultiplier: 2}],
  },
  eventFromJson: {args: [JSON_TEXT]},
  eventToJson: {args: [SAMPLED]},
  NEIGHBOURING_RELATIONS: 'a list',
  UnsupportedEventError: 'an error',
  RdpAccountant: {
    args: [{neighboring: 'addOrRemoveOne', orders: [2, 3, 8]}, EVENT, 2, 1e-5, 1],
    call: asked((options) => new accountant.RdpAccountant(options)),
  },
  DEFAULT_ORDERS: 'a list',
  TUTORIAL_ORDERS: 'a list',
  sampledGaussianRdp: {args: [0.5, 2, 3]},
  PldAccountant: {
    args: [{neighboring: 'addOrRemoveOne', tolerance: 1e-2}, EVENT, 2, 1e-5, 1],
    call: asked((options) => new accountant.PldAccountant(options)),
  },
  GdpAccountant: {
    args: [EVENT, 2, 1e-5, 1],
    call: (event, count, delta, epsilon) => {
      const composed = new accountant.GdpAccountant().compose(event, count);
      return [composed.epsilon(delta), composed.delta(epsilon)];
    },
  },
  gaussianDelta: {args: [{noiseMultiplier: 2, epsilon: 1}]},
  gaussianEpsilon: {args: [{noiseMultiplier: 2, delta: 1e-5}]},
  reduceToGaussian: {args: [SAMPLED]},
  dpSgdEvent: {args: [{...RUN, sampling: 'poisson'}]},
  // One step more or less: as many as an absurd number of epochs has take their time.
  dpSgdPrivacyStatement: {args: [{...RUN, steps: 20, delta: 1e-5}]},
  treeAggregation: {
    args: [{noiseMultiplier: 2, steps: [3], maxParticipations: 1, minSeparation: 2}],
    free: ['0.steps'],
  },
  analyticGaussian: {args: [{epsilon: 2, delta: 1e-5, sensitivity: 1}]},
  calibrateBatchSize: {args: [{...TARGET, numExamples: 3, noiseMultiplier: 2, steps: 1}]},
  calibrateNoiseMultiplier: {args: [{...TARGET, samplingProbability: 1, steps: 1}]},
  calibrateSteps: {args: [{...TARGET, samplingProbability: 1, noiseMultiplier: 2}]},
};

test.each(Object.keys(accountant) as (keyof typeof accountant)[])(
  '%s takes no absurd value',
  async (name) => {
    const entry = CALLS[name];
    if (typeof entry === 'string') return;
    const call = entry.call ?? (accountant[name] as never);
    await expect(violations(name, call, entry)).resolves.toEqual([]);
  },
);
