import {atLeast, atMost} from '../plan/figures.js';
import {type Answer, ASSUMPTIONS, because} from './answer.js';
import {composedRun} from './composed_run.js';
import {epsilonOf, type RunFlags, samplingOf} from './run_flags.js';

/** `dp-accountant delta`: bounds on delta at an epsilon. */
export function delta(flags: RunFlags): Answer {
  const {accountant, length, json} = composedRun(flags);
  const epsilon = epsilonOf(flags);
  const {lower, upper, why} = accountant.delta(epsilon);
  return {
    json: {...json, epsilon, delta: {lower, upper}, why},
    text: [
      `delta <= ${atMost(upper)} at epsilon = ${epsilon} after ${length}, and not below ${atLeast(lower)}${because(why)}`,
      ASSUMPTIONS[samplingOf(flags)],
    ],
  };
}
