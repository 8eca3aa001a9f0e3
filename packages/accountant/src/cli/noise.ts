import {atMost, deltaText} from '../plan/figures.js';
import {calibrateNoiseMultiplier} from '../plan/calibrate.js';
import {type Answer, ASSUMPTIONS} from './answer.js';
import {targetOf} from './target.js';
import {type RunFlags, samplingProbabilityOf, stepsOf} from './run_flags.js';

/** `dp-accountant noise`: the least noise for an epsilon and a delta. */
export function noise(flags: RunFlags): Answer {
  const [samplingProbability, steps] = [samplingProbabilityOf(flags), stepsOf(flags)];
  const target = targetOf(flags);
  const found = calibrateNoiseMultiplier({...target, samplingProbability, steps});
  const {epsilon, delta, accountant} = target;
  return {
    json: {samplingProbability, steps, delta, target: epsilon, accountant, ...found},
    text: [
      `noise multiplier ${atMost(found.noiseMultiplier)} gives epsilon <= ${atMost(found.epsilon.upper)} at delta = ${deltaText(delta)} after ${steps} steps`,
      ASSUMPTIONS.poisson,
    ],
  };
}
