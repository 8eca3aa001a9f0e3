import {median, rounded} from '../bench/harness/figures.mjs';
import {warmUp} from '../bench/harness/warm_up.mjs';
import {MODELS} from './contestants.mjs';

/** The most steps of a round: more tell no more. */
const MOST_STEPS = 200;

/**
 * Starts all contestants, lets each take a round in turn, and sums up. One that fails is left out of the rest and keeps its
 * error: some need more memory than a machine has.
 */
export async function takeTurns(contestants, {rounds, seconds, warmup}) {
  const runs = contestants.map((contestant) => ({...contestant, samples: []}));
  for (const run of runs) {
    // One after the other: nobody is warmed up while another loads.
    run.child = run.start();
    await attempt(run, async () => {
      const stepMs = await warmUp(run.child, warmup);
      run.steps = Math.min(MOST_STEPS, Math.max(1, Math.round((1000 * seconds) / stepMs)));
      console.error(`${run.name}: ${Math.round(stepMs)} ms a step, ${run.steps} steps a round`);
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (const run of runs)
      await attempt(run, async () => run.samples.push(await run.child.ask({steps: run.steps})));
  }
  const found = [];
  for (const run of runs) {
    await attempt(run, async () => Object.assign(run, await run.child.ask({steps: 0})));
    run.child.end();
    found.push(summary(run));
  }
  return found;
}

async function attempt(run, what) {
  if (run.error !== undefined) return;
  try {
    await what();
  } catch (error) {
    console.error(`${run.name} failed: ${error.message}`);
    run.error = error.message;
  }
}

function summary({model, library, mode, steps, samples, peakRssMiB, versions, error}) {
  const who = {model, library, mode, ...(versions && {versions})};
  if (error !== undefined) return {...who, failed: true};
  const perSecond = samples.map(({stepMs}) => (1000 * MODELS[model].batch) / stepMs);
  return {
    ...who,
    stepsPerRound: steps,
    examplesPerSecond: rounded(median(perSecond)),
    least: rounded(Math.min(...perSecond)),
    largest: rounded(Math.max(...perSecond)),
    cpuMs: rounded(median(samples.map(({cpuMs}) => cpuMs))),
    peakRssMiB: Math.round(peakRssMiB),
  };
}
