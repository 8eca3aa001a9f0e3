import {calibrateSteps} from '../plan/calibrate.js';
import {atLeast, atMost, deltaText} from '../plan/figures.js';
import {type Answer, ASSUMPTIONS} from './answer.js';
import {targetOf} from './target.js';
import {noiseOf, type RunFlags, samplingProbabilityOf} from './run_flags.js';

/** `dp-accountant steps`: the most steps for an epsilon and a delta. */
export function steps(flags: RunFlags): Answer {
  const [samplingProbability, noiseMultiplier] = [samplingProbabilityOf(flags), noiseOf(flags)];
  const target = targetOf(flags);
  const found = calibrateSteps({...target, samplingProbability, noiseMultiplier});
  const {epsilon, delta, accountant} = target;
  const epochs = atLeast(found.steps * samplingProbability);
  return {
    json: {samplingProbability, noiseMultiplier, delta, target: epsilon, accountant, ...found},
    text: [
      `${found.steps} steps (${epochs} epochs) give epsilon <= ${atMost(found.epsilon.upper)} at delta = ${deltaText(delta)}`,
      ASSUMPTIONS.poisson,
    ],
  };
}
