import {dpSgdPrivacyStatement} from '../plan/statement.js';
import type {Answer} from './answer.js';
import {
  deltaOf,
  epochsAfter,
  epochsOf,
  noiseOf,
  type RunFlags,
  sizesOf,
  stepsOf,
  toleranceOf,
} from './run_flags.js';

/** `dp-accountant statement`: one run under all ways of making batches. */
export function statement(flags: RunFlags): Answer {
  const {microbatch_size: microbatchSize, max_examples_per_user: maxExamplesPerUser} = flags;
  const sizes = sizesOf(flags);
  const steps = stepsOf(flags);
  const epochs =
    flags.steps === undefined ? epochsOf(flags) : epochsAfter(steps, sizes.batchSize / sizes.numExamples);
  const stated = dpSgdPrivacyStatement({
    ...sizes,
    noiseMultiplier: noiseOf(flags),
    epochs,
    steps,
    delta: deltaOf(flags),
    tolerance: toleranceOf(flags),
    ...(microbatchSize === undefined ? {} : {microbatchSize}),
    ...(maxExamplesPerUser === undefined ? {} : {maxExamplesPerUser}),
  });
  return {json: stated, text: [stated.text]};
}
