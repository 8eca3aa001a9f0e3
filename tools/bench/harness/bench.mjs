// Training steps of a model, private and plain, each in a process of its own, one at a time and in turn.
// A bench file calls `bench` and is run as `node tools/bench/NAME.mjs [flags]`:
//   --backend wasm|cpu|tensorflow   default wasm
//   --workers 1                     threads that share a private step; a plain one has one thread
//   --rounds 7 --steps 4            medians are over rounds, each of so many steps
//   --warmup 8                      seconds of steps before, of each process, which are not measured
//   --json                          one JSON line a configuration and nothing else
//   --profile DIR                   a V8 processor profile of each process, written there
// A step is one of `fitSampled`: a batch is fetched by index, and the model's update follows. `cpuMs` and
// `examplesPerCpuSecond` count processor time of all threads, so they hold on a busy machine; `noiseMs` is drawing the
// step's noise by itself; `peakRssMiB` is the process's, with all threads; `spread` is the largest round over the smallest.
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {Child} from './child.mjs';
import {median, rounded} from './figures.mjs';
import {CONFIGURATION, serve} from './serve.mjs';
import {warmUp} from './warm_up.mjs';

const MODES = ['private', 'plain'];

/**
 * @param {object} definition
 * @param {string} definition.model Name in the output.
 * @param {string} definition.url import.meta.url of the bench file.
 * @param {Record<string, string>} definition.flags Further flags, with their defaults.
 * @param {(flags: Record<string, string>) => Record<string, number>[]} definition.sizes The configurations to measure;
 *   each holds `batch` and goes into its JSON line.
 * @param {(size: Record<string, number>) => {model: object, x: object, y: object}} definition.build A tf.js model that
 *   gives logits, and one fixed batch: called in each process, after the backend is set.
 */
export async function bench(definition) {
  const configuration = process.env[CONFIGURATION];
  if (configuration !== undefined) return serve(definition, JSON.parse(configuration));
  const {json, profile, ...flags} = flagsOf(definition);
  const argv = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  for (const size of definition.sizes(flags)) {
    const children = MODES.map((mode) => {
      const workers = mode === 'plain' ? 1 : Number(flags.workers);
      return startSteps(definition.url, {mode, backend: flags.backend, workers, size}, argv);
    });
    const samples = children.map(() => []);
    for (const child of children) await warmUp(child, Number(flags.warmup));
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [i, child] of children.entries())
        samples[i].push(await child.ask({steps: Number(flags.steps)}));
    }
    for (const [i, child] of children.entries()) {
      const line = summary(definition, size, samples[i], await child.ask({steps: 0}));
      console.log(json ? JSON.stringify(line) : readable(line));
    }
  }
}

/** A process that takes steps of a bench file's model when it is asked to. */
export function startSteps(url, configuration, argv = []) {
  const env = {...process.env, [CONFIGURATION]: JSON.stringify(configuration)};
  return new Child(process.execPath, [...argv, fileURLToPath(url)], env);
}

function flagsOf({flags}) {
  const text = (value) => ({type: 'string', default: value});
  const common = {backend: 'wasm', workers: '1', rounds: '7', steps: '4', warmup: '8'};
  const options = Object.fromEntries(Object.entries({...common, ...flags}).map(([k, v]) => [k, text(v)]));
  const {values} = parseArgs({
    options: {...options, json: {type: 'boolean', default: false}, profile: {type: 'string'}},
  });
  if (!/^[1-9]\d*$/.test(values.workers))
    throw new Error(`--workers must be an integer >= 1, got ${values.workers}`);
  if (!(Number(values.warmup) >= 0)) throw new Error(`--warmup must be seconds >= 0, got ${values.warmup}`);
  return values;
}

function summary({model}, {batch, ...size}, samples, {mode, backend, workers, noiseMs, peakRssMiB}) {
  const all = samples.map((sample) => sample.stepMs);
  const stepMs = median(all);
  const cpuMs = median(samples.map((sample) => sample.cpuMs));
  return {
    model,
    backend,
    workers,
    mode,
    batch,
    ...size,
    examplesPerSecond: rounded((1000 * batch) / stepMs),
    stepMs: rounded(stepMs),
    noiseMs: rounded(noiseMs),
    peakRssMiB: Math.round(peakRssMiB),
    examplesPerCpuSecond: rounded((1000 * batch) / cpuMs),
    cpuMs: rounded(cpuMs),
    spread: rounded(Math.max(...all) / Math.min(...all)),
  };
}

function readable({model, mode, ...line}) {
  const rest = Object.entries(line).map(([name, value]) => `${name} ${value}`);
  return `${model} ${mode.padEnd(7)} ${rest.join('  ')}`;
}
