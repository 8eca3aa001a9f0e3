// Training steps of a model, private and plain, each in a process of its own, one at a time and in turn.
// A bench file calls `bench` and is run as `node tools/bench/NAME.mjs [flags]`:
//   --backend wasm|cpu|tensorflow   default wasm
//   --workers 1                     cores that one step is spread over
//   --rounds 7 --steps 4            medians are over rounds, each of so many steps
//   --json                          one JSON line a configuration and nothing else
//   --profile DIR                   a V8 processor profile of each process, written there
// `cpuMs` and `examplesPerCpuSecond` count processor time, so they hold on a busy machine; `noiseMs` is drawing the
// step's noise by itself; `spread` is the largest round over the smallest.
import {fork} from 'node:child_process';
import {parseArgs} from 'node:util';

const MODES = ['private', 'plain'];
const CONFIGURATION = 'DP_BENCH_CONFIGURATION';

/**
 * @param {object} definition
 * @param {string} definition.model Name in the output.
 * @param {string} definition.url import.meta.url of the bench file.
 * @param {Record<string, string>} definition.flags Further flags, with their defaults.
 * @param {(flags: Record<string, string>) => Record<string, number>[]} definition.sizes The configurations to measure;
 *   each holds `batch` and goes into its JSON line.
 * @param {(size: Record<string, number>) => Promise<{model: object, loss: () => object}> | {model: object, loss: () => object}}
 *   definition.build A tf.js model, and the loss of one fixed batch: called in each process, after the backend is set.
 */
export async function bench(definition) {
  const configuration = process.env[CONFIGURATION];
  if (configuration !== undefined) return serve(definition, JSON.parse(configuration));
  const {json, profile, ...flags} = flagsOf(definition);
  for (const size of definition.sizes(flags)) {
    const children = MODES.map((mode) => new Child(definition.url, {mode, flags, size}, profile));
    const samples = children.map(() => []);
    for (const child of children) await child.ask('warm-up');
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [i, child] of children.entries()) samples[i].push(await child.ask('round'));
    }
    for (const [i, child] of children.entries()) {
      const line = summary(definition, flags, size, MODES[i], samples[i], await child.ask('end'));
      console.log(json ? JSON.stringify(line) : readable(line));
    }
  }
}

function flagsOf({flags}) {
  const text = (value) => ({type: 'string', default: value});
  const common = {backend: 'wasm', workers: '1', rounds: '7', steps: '4'};
  const options = Object.fromEntries(Object.entries({...common, ...flags}).map(([k, v]) => [k, text(v)]));
  const {values} = parseArgs({
    options: {...options, json: {type: 'boolean', default: false}, profile: {type: 'string'}},
  });
  if (values.workers !== '1') throw new Error(`--workers must be 1 here, got ${values.workers}`);
  return values;
}

/** A process that takes steps when it is asked to. */
class Child {
  #process;

  constructor(url, configuration, profile) {
    const execArgv = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    this.#process = fork(new URL(url), [], {
      execArgv,
      env: {...process.env, [CONFIGURATION]: JSON.stringify(configuration)},
    });
  }

  ask(question) {
    return new Promise((resolve, reject) => {
      const failed = (code) => reject(new Error(`the process ended with code ${code}`));
      this.#process.once('exit', failed);
      this.#process.once('message', (answer) => {
        this.#process.off('exit', failed);
        resolve(answer);
      });
      this.#process.send(question);
    });
  }
}

/** The other side of {@link Child}. */
async function serve({build}, {mode, flags, size}) {
  const tf = await useBackend(flags.backend);
  const {dpSGD} = await import('@dp/optimizers');
  const {model, loss} = await build(size);
  const varList = model.trainableWeights.map((weight) => weight.read());
  const optimizer =
    mode === 'plain'
      ? tf.train.sgd(0.15)
      : dpSGD({learningRate: 0.15, l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: size.batch});
  const step = () => optimizer.minimize(loss, true, varList).dataSync();
  const answers = {
    'warm-up': () => {
      for (let i = 0; i < 3; i++) step();
      return {};
    },
    round: () => {
      const steps = Number(flags.steps);
      const before = process.cpuUsage();
      const start = performance.now();
      for (let i = 0; i < steps; i++) step();
      const stepMs = (performance.now() - start) / steps;
      const {user, system} = process.cpuUsage(before);
      return {stepMs, cpuMs: (user + system) / 1000 / steps};
    },
    end: async () => {
      const peakRssMiB = process.resourceUsage().maxRSS / 1024;
      return {peakRssMiB, noiseMs: mode === 'plain' ? 0 : await noiseMs(varList)};
    },
  };
  process.on('message', async (question) => {
    process.send(await answers[question](), () => {
      if (question === 'end') process.disconnect();
    });
  });
}

/** Loads a backend and makes it current. */
async function useBackend(name) {
  const tf = await import('@tensorflow/tfjs-core');
  // Before the backend starts, which looks for recurrent layers.
  await import('@tensorflow/tfjs-layers');
  const modules = {
    wasm: '@dp/kernels',
    cpu: '@tensorflow/tfjs-backend-cpu',
    tensorflow: '@tensorflow/tfjs-node',
  };
  if (!(name in modules)) throw new Error(`--backend must be one of ${Object.keys(modules)}, got ${name}`);
  await import(modules[name]);
  if (!(await tf.setBackend(name))) throw new Error(`the ${name} backend could not be started`);
  return tf;
}

/** The median time of drawing one step's noise, of the width that the optimizer above needs. */
async function noiseMs(variables) {
  const {fillGridGaussian, secureSource} = await import('@dp/random');
  const values = variables.map(({size}) => new Float64Array(size));
  const source = secureSource();
  const times = Array.from({length: 12}, () => {
    const start = performance.now();
    for (const noise of values) fillGridGaussian(noise, 1.1 * 2 ** 30, source);
    return performance.now() - start;
  });
  return median(times.slice(1));
}

function summary({model}, {backend, workers}, {batch, ...size}, mode, samples, {noiseMs, peakRssMiB}) {
  const stepMs = median(samples.map((sample) => sample.stepMs));
  const cpuMs = median(samples.map((sample) => sample.cpuMs));
  const all = samples.map((sample) => sample.stepMs);
  return {
    model,
    backend,
    workers: Number(workers),
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

function median(list) {
  return list.slice().sort((a, b) => a - b)[list.length >> 1];
}

/** To four digits. */
function rounded(value) {
  return Number(value.toPrecision(4));
}
