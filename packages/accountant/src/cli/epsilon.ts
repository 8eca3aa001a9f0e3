import {atLeast, atMost, deltaText} from '../plan/figures.js';
import {type Answer, ASSUMPTIONS, because} from './answer.js';
import {composedRun} from './composed_run.js';
import {deltaOf, type RunFlags, samplingOf} from './run_flags.js';

/** `dp-accountant epsilon`: bounds on epsilon at a delta. */
export function epsilon(flags: RunFlags): Answer {
  const {accountant, length, json} = composedRun(flags);
  const delta = deltaOf(flags);
  const {lower, upper, why} = accountant.epsilon(delta);
  return {
    json: {...json, delta, epsilon: {lower, upper}, why},
    text: [
      `epsilon <= ${atMost(upper)} at delta = ${deltaText(delta)} after ${length}, and not below ${atLeast(lower)}${because(why)}`,
      ASSUMPTIONS[samplingOf(flags)],
    ],
  };
}
