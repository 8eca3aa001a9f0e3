// A canary audit of a whole run of the MNIST tutorial with its defaults: real training on all pictures, to which canaries are added.
// node packages/audit/measurements/mnist_run.js --epochs 2 --canaries 16384
//
// Canary k asks for one weight of the hidden layer's kernel alone to move ("Dirac canary": Steinke, Nasr and Jagielski 2023): its
// clipped gradient is 1 there and 0 elsewhere, whatever the weights are, so that the auditor reads it off every noisy sum.
import {writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import '@dp/kernels';
import {boundOfScores, canaryCoins, ParticipationScores} from '@dp/audit';
import {dpSGD, Ledger, poissonSampler, privacySpent} from '@dp/optimizers';
import {PoissonSampler, secureSource} from '@dp/random';
import {crossEntropy, loadMnist, mnistNetwork} from '@dp/tutorials';
import * as tf from '@tensorflow/tfjs-core';

const {values: flags} = parseArgs({
  options: {
    epochs: {type: 'string', default: '2'},
    canaries: {type: 'string', default: '16384'},
    rate: {type: 'string', default: '0.05'}, // the probability with which a lower bound may be above the true epsilon
    scores: {type: 'string'}, // a file for them, after each epoch
    alone: {type: 'boolean', default: false}, // train on canaries alone, the data set that an adversary would choose: much faster
  },
});
const epochs = Number(flags.epochs);
const numCanaries = Number(flags.canaries);
/** Of the claims that are held against guesses: with many canaries a smaller one leaves more of the lower bound. */
const DELTAS = [1e-5, 1e-7];
const PIXELS = 28 * 28;
const CLASSES = 10;
const PIECE = 128;

await tf.setBackend('wasm');
await tf.ready();
const {train, test, description} = await loadMnist();
const model = mnistNetwork();
const variables = model.trainableWeights.map((weight) => weight.read());
const kernelIndex = 4; // conv, conv, hidden: a kernel and a bias each
const kernel = variables[kernelIndex];
const [inputs, units] = kernel.shape;
if (numCanaries > kernel.size)
  throw new Error(`--canaries must be at most ${kernel.size}, got ${numCanaries}`);

/** A row of a batch: a picture, or else the input and the unit that a canary's weight joins. */
const WIDTH = PIXELS + inputs + units;
const losses = (x, y) => {
  const part = (start, size) => tf.slice(x, [0, start], [x.shape[0], size]);
  const asked = tf.sum(tf.mul(tf.matMul(part(PIXELS, inputs), kernel), part(PIXELS + inputs, units)), 1);
  if (flags.alone) return asked;
  const logits = model.apply(tf.reshape(part(0, PIXELS), [-1, 28, 28, 1]), {training: true});
  const ofPicture = tf.mul(crossEntropy(y, logits), tf.sum(y, 1)); // labels of a canary are 0
  return tf.add(ofPicture, asked);
};
const batchOf = (indices) => {
  const x = new Float32Array(indices.length * WIDTH);
  const y = new Float32Array(indices.length * CLASSES);
  indices.forEach((index, row) => {
    const at = row * WIDTH;
    if (index < train.numExamples) {
      for (let p = 0; p < PIXELS; p++) x[at + p] = train.images[index * PIXELS + p] / 255;
      y[row * CLASSES + train.labels[index]] = 1;
    } else {
      const k = index - train.numExamples;
      x[at + PIXELS + Math.floor(k / units)] = 10; // more than the clip norm
      x[at + PIXELS + inputs + (k % units)] = 10;
    }
  });
  return {x: tf.tensor2d(x, [indices.length, WIDTH]), y: tf.tensor2d(y, [indices.length, CLASSES])};
};
function* pieces(indices) {
  for (let start = 0; start < indices.length; start += PIECE) {
    const {x, y} = batchOf(indices.slice(start, start + PIECE));
    yield {lossFn: () => losses(x, y), batch: [x, y]};
    tf.dispose([x, y]);
  }
}
const testAccuracy = () => {
  let right = 0;
  for (let start = 0; start < test.numExamples; start += 1000) {
    right += tf.tidy(() => {
      const pictures = Float32Array.from(
        test.images.subarray(start * PIXELS, (start + 1000) * PIXELS),
        (v) => v / 255,
      );
      const guessed = tf.argMax(model.predict(tf.tensor4d(pictures, [1000, 28, 28, 1])), 1).dataSync();
      return guessed.reduce((sum, digit, i) => sum + Number(digit === test.labels[start + i]), 0);
    });
  }
  return right / test.numExamples;
};

/** How many of the guesses are right if each canary is guessed about: a half, if nothing is known. */
const rightHalf = () => {
  const median = score.scores.slice().sort()[Math.floor(numCanaries / 2)];
  return score.scores.reduce((sum, own, k) => sum + Number(own >= median === isIn[k]), 0) / numCanaries;
};

const source = secureSource();
const ledger = new Ledger();
const optimizer = dpSGD({
  learningRate: 0.15,
  l2NormClip: 1,
  noiseMultiplier: 1.1,
  numMicrobatches: 256,
  expectedBatchSize: 256,
  ledger,
});
const sampler = poissonSampler({numExamples: train.numExamples, batchSize: 256});
const isIn = canaryCoins(numCanaries, source);
const score = new ParticipationScores(numCanaries);
let drawCanaries;

console.log(`${description}; ${numCanaries} canaries, of which ${isIn.filter(Boolean).length} take part`);
for (let epoch = 1; epoch <= epochs; epoch++) {
  for (let step = 0; step < sampler.stepsPerEpoch; step++) {
    const drawn = sampler.next();
    const {samplingProbability} = drawn.sampling;
    drawCanaries ??= new PoissonSampler({numExamples: numCanaries, samplingProbability, source});
    const canaries = Array.from(drawCanaries.sample())
      .filter((k) => isIn[k])
      .map((k) => train.numExamples + k);
    const indices = Int32Array.from(flags.alone ? canaries : [...drawn.indices, ...canaries]);
    const {value, grads} = optimizer.computeDrawn({...drawn, indices}, pieces(indices), {varList: variables});
    const {divisor, sensitivity, noiseMultiplier} = ledger.rows.at(-1);
    const seen = grads[kernel.name].dataSync().map((mean) => (mean * divisor) / sensitivity);
    score.add(seen, {samplingProbability, noiseMultiplier});
    optimizer.applyGradients(grads);
    tf.dispose([value, grads]);
  }
  console.log(
    `epoch ${epoch}: ${flags.alone ? '' : `test accuracy ${testAccuracy().toFixed(3)}, `}${(100 * rightHalf()).toFixed(2)} % of all guesses right`,
  );
  for (const delta of DELTAS) {
    const {epsilon} = privacySpent(ledger, {delta});
    const bound = boundOfScores({scores: score.scores, isIn}, delta, Number(flags.rate) / DELTAS.length);
    console.log(
      `  delta ${delta}: epsilon is at least ${bound.epsilon.toFixed(3)} (${bound.right} of ${bound.guesses} guesses right), ` +
        `claimed to be at most ${epsilon.toFixed(3)}`,
    );
    if (bound.epsilon > epsilon) process.exitCode = 1;
  }
  if (flags.scores !== undefined) {
    writeFileSync(flags.scores, JSON.stringify({epoch, scores: Array.from(score.scores), isIn}));
  }
}
