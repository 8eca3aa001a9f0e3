// Times the PLD accountant: one JSON line a case, with the best of some warm runs in one process.
//   node packages/accountant/bench/accountant.mjs
// With DP_PYTHON=path/to/python, a Python that has dp-accounting, its value and time stand beside ours.
import {execFileSync} from 'node:child_process';
import {gzipSync} from 'node:zlib';
import {PldAccountant, gaussian, poissonSampled} from '../dist/index.js';

const CASES = [
  {name: 'mnist 60 epochs', q: 256 / 60000, z: 1.1, steps: 14062, delta: 1e-5},
  {name: 'mnist 15 epochs', q: 256 / 60000, z: 1.3, steps: 3515, delta: 1e-5},
  {name: 'mnist 45 epochs', q: 256 / 60000, z: 0.7, steps: 10546, delta: 1e-5},
  {name: 'rare large losses', q: 1e-5, z: 0.5, steps: 1000000, delta: 1e-8},
  {name: 'small delta', q: 1e-3, z: 1, steps: 100000, delta: 1e-15},
  {name: 'large epsilon', q: 0.02, z: 2, steps: 1000000, delta: 1e-12},
];
const RUNS = 15;

for (const {name, q, z, steps, delta} of CASES) {
  const event = poissonSampled({samplingProbability: q, event: gaussian({noiseMultiplier: z})});
  let milliseconds = Infinity;
  let bounds;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    bounds = new PldAccountant().compose(event, steps).epsilon(delta);
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  const {lower, upper} = bounds;
  print({name, q, z, steps, delta, milliseconds, lower, upper, ...python(q, z, steps, delta)});
}
print(await bundle());

function print(line) {
  console.log(JSON.stringify(line));
}

function python(q, z, steps, delta) {
  if (process.env.DP_PYTHON === undefined) return {};
  const code = `
import json, time, dp_accounting as d
from dp_accounting import pld
e = d.PoissonSampledDpEvent(${q}, d.GaussianDpEvent(${z}))
t = time.perf_counter()
v = pld.PLDAccountant().compose(e, ${steps}).get_epsilon(${delta})
print(json.dumps({"dpAccounting": v, "dpAccountingMilliseconds": 1000 * (time.perf_counter() - t)}))`;
  try {
    return JSON.parse(execFileSync(process.env.DP_PYTHON, ['-c', code], {encoding: 'utf8'}));
  } catch (error) {
    return {dpAccounting: String(error.message).split('\n')[0]};
  }
}

/** Size of the whole library for a browser, if esbuild is installed. */
async function bundle() {
  try {
    const {build} = await import('esbuild');
    const {outputFiles} = await build({
      entryPoints: [new URL('../dist/index.js', import.meta.url).pathname],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const [{contents}] = outputFiles;
    return {name: 'bundle', bytes: contents.length, gzipped: gzipSync(contents).length};
  } catch {
    return {name: 'bundle', skipped: 'esbuild is not installed'};
  }
}
