import {gaussian, poissonSampled} from '../event.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {GdpAccountant} from '../gdp/accountant.js';
import {atLeast, atMost} from '../plan/figures.js';
import {PldAccountant} from '../pld/accountant.js';
import {RdpAccountant} from '../rdp/accountant.js';
import type {Answer} from './answer.js';
import {
  deltaOf,
  epochsAfter,
  noiseOf,
  type RunFlags,
  samplingProbabilityOf,
  stepsOf,
  toleranceOf,
} from './run_flags.js';

const NAME_WIDTH = 26;
const EPSILON_WIDTH = 10;

/** `dp-accountant compare`: all accountants in one table. */
export function compare(flags: RunFlags): Answer {
  const [noiseMultiplier, samplingProbability] = [noiseOf(flags), samplingProbabilityOf(flags)];
  const [steps, delta, tolerance] = [stepsOf(flags), deltaOf(flags), toleranceOf(flags)];
  const step = poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});
  const pld = new PldAccountant({tolerance}).compose(step, steps).epsilon(delta);
  const rdp = (conversion: 'improved' | 'classic'): number =>
    new RdpAccountant({conversion}).compose(step, steps).epsilon(delta);
  const turns = Math.ceil(flags.epochs ?? epochsAfter(steps, samplingProbability));
  const rows = [
    ['PLD, upper', pld.upper, 'the number to report: a certified upper bound'],
    ['PLD, lower', pld.lower, 'the truth is not below this'],
    ['RDP, improved conversion', rdp('improved'), 'an upper bound, not tight'],
    ['RDP, classic conversion', rdp('classic'), "an upper bound, looser: older publications' number"],
    [
      'GDP, central limit',
      new GdpAccountant().compose(step, steps).epsilon(delta),
      'an approximation, no bound',
    ],
    [
      'once per epoch',
      gaussianEpsilon({noiseMultiplier: noiseMultiplier / Math.sqrt(turns), delta}),
      'what holds instead if batches are shuffled: zero-out, exact',
    ],
  ] as const;
  const lines = rows.map(([name, epsilon, meaning]) => {
    const figures = name === 'PLD, lower' ? atLeast(epsilon) : atMost(epsilon);
    return `${name.padEnd(NAME_WIDTH)}${figures.padStart(EPSILON_WIDTH)}  ${meaning}`;
  });
  return {
    json: {
      samplingProbability,
      noiseMultiplier,
      steps,
      delta,
      rows: rows.map(([accountant, epsilon, meaning]) => ({accountant, epsilon, meaning})),
    },
    text: [`${''.padEnd(NAME_WIDTH)}${'epsilon'.padStart(EPSILON_WIDTH)}`, ...lines],
  };
}
