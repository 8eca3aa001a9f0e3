import {type DpEvent, gaussian, poissonSampled} from '../event.js';
import {PldAccountant} from '../pld/accountant.js';
import {
  epochsOf,
  noiseOf,
  relationOf,
  type RunFlags,
  samplingOf,
  samplingProbabilityOf,
  stepsOf,
  toleranceOf,
} from './run_flags.js';

/** A run as flags describe it, composed. */
export interface ComposedRun {
  readonly accountant: PldAccountant;
  /** What was composed, for people: "14063 steps". */
  readonly length: string;
  /** What was composed, for JSON. */
  readonly json: object;
}

/** Composes the run that flags describe. @throws RangeError if one is missing or out of its bounds. */
export function composedRun(flags: RunFlags): ComposedRun {
  const [sampling, neighboring] = [samplingOf(flags), relationOf(flags)];
  const noiseMultiplier = noiseOf(flags);
  const accountant = new PldAccountant({neighboring, tolerance: toleranceOf(flags)});
  const base = {sampling, relation: neighboring, noiseMultiplier};
  const run = (event: DpEvent, count: number, length: string, more: object): ComposedRun => ({
    accountant: accountant.compose(event, count),
    length,
    json: {...base, ...more},
  });
  const release = gaussian({noiseMultiplier});
  if (sampling === 'oncePerEpoch') {
    const epochs = Math.ceil(epochsOf(flags));
    return run(release, epochs, `${epochs} epochs`, {epochs});
  }
  const steps = stepsOf(flags);
  if (sampling === 'unknown') return run(release, steps, `${steps} steps`, {steps});
  const samplingProbability = samplingProbabilityOf(flags);
  const step = poissonSampled({samplingProbability, event: release});
  return run(step, steps, `${steps} steps`, {samplingProbability, steps});
}
