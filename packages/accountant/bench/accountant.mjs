// Times the accountant, and Python's dp-accounting in the same run where Python has it.
//   npm run bench -- accountant [--json]
// --json prints one line of JSON a case. DP_PYTHON names the Python that has dp-accounting; python3 unless given.
// Times are the best of several warm runs in one process: wall clock, and processor time, which other work disturbs less.
import {PldAccountant, calibrateNoiseMultiplier, gaussian, poissonSampled} from '../dist/index.js';
import {bundle} from './bundle.mjs';
import {coldProcess} from './cold_process.mjs';
import {byPython} from './python.mjs';

const CASES = [
  {name: 'mnist 60 epochs', q: 256 / 60000, z: 1.1, steps: 14062, delta: 1e-5},
  {name: 'mnist 15 epochs', q: 256 / 60000, z: 1.3, steps: 3515, delta: 1e-5},
  {name: 'mnist 45 epochs', q: 256 / 60000, z: 0.7, steps: 10546, delta: 1e-5},
  {name: 'rare large losses', q: 1e-5, z: 0.5, steps: 1000000, delta: 1e-8},
  {name: 'rare large losses, small delta', q: 1e-5, z: 0.5, steps: 1000000, delta: 1e-12},
  {name: 'very small delta', q: 1e-3, z: 1, steps: 100000, delta: 1e-15},
  {name: 'large epsilon', q: 0.02, z: 2, steps: 1000000, delta: 1e-12},
];
const BUDGET_MILLISECONDS = 2000;
const MOST_RUNS = 30;

const json = process.argv.includes('--json');
const python = byPython(CASES);
for (const [i, {name, q, z, steps, delta}] of CASES.entries()) {
  const event = poissonSampled({samplingProbability: q, event: gaussian({noiseMultiplier: z})});
  const {result, ...times} = timed(() => new PldAccountant().compose(event, steps).epsilon(delta));
  const {lower, upper} = result;
  print({name, q, z, steps, delta, ...times, lower, upper, ...python[i]});
}
const target = {epsilon: 3, delta: 1e-5, samplingProbability: 256 / 60000, steps: 14062};
const {result, ...times} = timed(() => calibrateNoiseMultiplier(target));
print({name: 'noise for epsilon 3', ...target, ...times, noiseMultiplier: result.noiseMultiplier});
print(coldProcess());
print(await bundle());

/** The best of as many warm runs as fit into the budget. */
function timed(work) {
  let result = work();
  let [milliseconds, cpuMilliseconds] = [Infinity, Infinity];
  const end = performance.now() + BUDGET_MILLISECONDS;
  for (let run = 0; run < MOST_RUNS && (run < 3 || performance.now() < end); run++) {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    result = work();
    milliseconds = Math.min(milliseconds, performance.now() - start);
    const {user, system} = process.cpuUsage(cpu);
    cpuMilliseconds = Math.min(cpuMilliseconds, (user + system) / 1000);
  }
  return {milliseconds: round(milliseconds), cpuMilliseconds: round(cpuMilliseconds), result};
}

function print({name, ...values}) {
  if (json) {
    console.log(JSON.stringify({name, ...values}));
    return;
  }
  const cells = Object.entries(values).map(([key, value]) => `${key} ${shown(value)}`);
  console.log(`${name}\n  ${cells.join(', ')}`);
}

function shown(value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}

function round(milliseconds) {
  return Number(milliseconds.toPrecision(4));
}
