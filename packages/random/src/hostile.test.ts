import {expect, test} from '@jest/globals';

import {violations, type HostileCall, type Untested} from '../../../tools/testing/hostile_calls.js';
import * as random from './index.js';

const source = random.seededSource(1);
const reader = new random.WordReader(source);

const POISSON = {numExamples: 10, samplingProbability: 0.25, source};

const CALLS: Readonly<Record<keyof typeof random, HostileCall | Untested>> = {
  secureSource: 'takes nothing',
  seededSource: {args: [5]},
  WordReader: {
    args: [source, 4],
    whole: ['0'],
    call: (given, size) => new random.WordReader(given, size).next(),
  },
  boundedInteger: {args: [6, reader]},
  uniform53: {args: [reader]},
  fillGridGaussian: {args: [new Float64Array(4), 10, source], whole: ['2']},
  GRID_GAUSSIAN_TOTAL_VARIATION: 'a number',
  MAX_GRID_SIGMA: 'a number',
  effectiveSamplingProbability: {args: [0.25]},
  poissonCoin: {args: [0.25, reader]},
  poissonSample: {args: [POISSON], whole: ['0.source']},
  PoissonSampler: {
    args: [POISSON],
    whole: ['0.source'],
    call: (options) => new random.PoissonSampler(options).sample(),
  },
  randomPermutation: {args: [10, source], whole: ['1']},
};

test.each(Object.keys(random) as (keyof typeof random)[])('%s takes no absurd value', async (name) => {
  const entry = CALLS[name];
  if (typeof entry === 'string') return;
  const call = entry.call ?? (random[name] as never);
  await expect(violations(name, call, entry)).resolves.toEqual([]);
});
