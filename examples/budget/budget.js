// Plans a run before anything is trained: how much noise keeps epsilon, and how epsilon grows with the epochs.
//   node budget.js [--full] [--out FOLDER]     --full: a point an epoch instead of a point in ten
import {
  calibrateNoiseMultiplier,
  gaussian,
  gaussianEpsilon,
  PldAccountant,
  poissonSampled,
} from '@dp/accountant';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';

const {values: flags} = parseArgs({
  options: {full: {type: 'boolean', default: false}, out: {type: 'string', default: '.'}},
});

// What is known before training. All of it is public.
const numExamples = 60_000;
const batchSize = 256;
const epochs = 60;
const target = {epsilon: 2, delta: 1e-5};
const stepsPerEpoch = Math.floor(numExamples / batchSize);
const samplingProbability = batchSize / numExamples;

const steps = epochs * stepsPerEpoch;
const {noiseMultiplier} = calibrateNoiseMultiplier({...target, samplingProbability, steps});
console.log(
  `noise multiplier ${noiseMultiplier.toFixed(3)} keeps ${epochs} epochs at epsilon ${target.epsilon}, delta ${target.delta}`,
);

// The curve: one accountant, asked after every few epochs.
const accountant = new PldAccountant({tolerance: 1e-4});
const step = poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});
const every = flags.full ? 1 : 10;
const curve = [];
for (let epoch = every; epoch <= epochs; epoch += every) {
  accountant.compose(step, every * stepsPerEpoch);
  const {lower, upper} = accountant.epsilon(target.delta);
  curve.push({epoch, epsilon: upper});
  console.log(`after ${epoch} epochs: epsilon between ${lower.toFixed(4)} and ${upper.toFixed(4)}`);
}
const shuffled = gaussianEpsilon({noiseMultiplier: noiseMultiplier / Math.sqrt(epochs), delta: target.delta});
console.log(`if batches are shuffled instead of Poisson-sampled: epsilon ${shuffled.toFixed(1)}`);

// The picture. vega is loaded only here.
const vega = await import('vega');
const {compile} = await import('vega-lite');
const {spec} = compile({
  width: 480,
  height: 240,
  background: 'white',
  title: `noise multiplier ${noiseMultiplier.toFixed(3)}, batch ${batchSize} of ${numExamples}, delta ${target.delta}`,
  data: {values: curve},
  mark: {type: 'line', point: true},
  encoding: {
    x: {field: 'epoch', type: 'quantitative'},
    y: {field: 'epsilon', type: 'quantitative'},
  },
});
mkdirSync(flags.out, {recursive: true});
const file = join(flags.out, 'budget.svg');
writeFileSync(file, await new vega.View(vega.parse(spec), {renderer: 'none'}).toSVG());
console.log(`written: ${file}`);
