import {createInterface} from 'node:readline';

import {median} from './figures.mjs';

/** The environment variable that makes a bench file serve steps. */
export const CONFIGURATION = 'DP_BENCH_CONFIGURATION';

/** In a module of its own, which threads that share a step import it from. */
const LOSS = {
  module: new URL('../../../packages/tutorials/dist/network.js', import.meta.url).href,
  name: 'crossEntropy',
};

/**
 * Answers questions on standard input: `{steps: n}` takes n steps and gives their times, `{steps: 0}` ends and gives what is
 * known of the whole run.
 */
export async function serve({build}, {mode, backend, workers, size}) {
  const tf = await useBackend(backend);
  const {dpSGD} = await import('@dp/optimizers');
  const {fitSampled} = await import('@dp/keras');
  const {crossEntropy} = await import(LOSS.module);
  const {model, x, y} = build(size);
  const learningRate = 0.15;
  const optimizer =
    mode === 'plain'
      ? tf.train.sgd(learningRate)
      : dpSGD({learningRate, l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: size.batch});
  model.compile({optimizer, loss: crossEntropy});

  const questions = createInterface({input: process.stdin})[Symbol.asyncIterator]();
  const sampler = new WholeBatch(size.batch);
  const ended = new AbortController();
  let clocks;
  // A round is an epoch of so many steps.
  const begin = async () => {
    const {value: line} = await questions.next();
    const {steps} = JSON.parse(line ?? '{"steps": 0}');
    if (steps === 0) ended.abort();
    else sampler.stepsPerEpoch = steps;
    clocks = {start: performance.now(), cpu: process.cpuUsage()};
  };
  const finish = async () => {
    const stepMs = (performance.now() - clocks.start) / sampler.stepsPerEpoch;
    const {user, system} = process.cpuUsage(clocks.cpu);
    answer({stepMs, cpuMs: (user + system) / 1000 / sampler.stepsPerEpoch});
    await begin();
  };
  await begin();
  const dataset = {
    numExamples: size.batch,
    get(indices) {
      const at = tf.tensor1d(indices, 'int32');
      const batch = {x: tf.gather(x, at), y: tf.gather(y, at)};
      at.dispose();
      return batch;
    },
  };
  await fitSampled(model, dataset, {
    sampler,
    epochs: Number.MAX_SAFE_INTEGER,
    workers: {count: workers, loss: LOSS},
    onEpochEnd: finish,
    signal: ended.signal,
  });
  const variables = model.trainableWeights.map((weight) => weight.read());
  answer({
    ...{mode, backend, workers},
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
    noiseMs: mode === 'plain' ? 0 : await noiseMs(variables),
  });
  process.stdin.destroy();
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Draws all records, each time. */
class WholeBatch {
  stepsPerEpoch = 1;
  #drawn = 0;
  #indices;

  constructor(size) {
    this.#indices = Int32Array.from({length: size}, (_, i) => i);
  }

  next() {
    return {id: `bench-${this.#drawn++}`, indices: this.#indices, sampling: {kind: 'unknown'}};
  }
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
