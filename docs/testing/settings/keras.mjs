// The README of @dp/keras: 150 records in memory, and a thousand in a file; each block compiles a model of its own.
import {dpSequential, fitSampled} from '@dp/keras';
import * as optimizers from '@dp/optimizers';
import {writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {browser} from '../browser.mjs';

/** A model that is made anew when it is compiled: one that was trained goes on in its ledger, and these blocks are apart. */
function modelOfEachBlock({layers}) {
  const fresh = () =>
    dpSequential({layers: [layers.dense({inputShape: [4], units: 3, activation: 'softmax'})]});
  let model = fresh();
  return new Proxy(model, {
    get(_, name) {
      if (name === 'compile') model = fresh();
      const value = model[name];
      return typeof value === 'function' ? value.bind(model) : value;
    },
  });
}

export default function setting({tf, x, y}) {
  const numExamples = 150;
  const classOf = (i) => i % 3;
  const lines = Array.from({length: 1000}, (_, i) => `${classOf(i)},${Math.sin(i)},${i % 7},1,${classOf(i)}`);
  writeFileSync('records.csv', `a,b,c,d,label\n${lines.join('\n')}\n`);
  return {
    ...optimizers,
    ...browser(),
    addEventListener: () => undefined, // of a browser's thread
    fitSampled,
    model: modelOfEachBlock(tf),
    numExamples,
    x: tf.slice(x, 0, numExamples),
    y: tf.slice(y, 0, numExamples),
    xOthers: tf.slice(x, numExamples, 100),
    yOthers: tf.slice(y, numExamples, 100),
    optimizer: optimizers.dpSGD({
      learningRate: 0.1,
      l2NormClip: 1,
      noiseMultiplier: 1,
      numMicrobatches: 50,
      expectedBatchSize: 50,
    }),
    url: `file://${resolve('records.csv')}`,
    config: {columnConfigs: {label: {isLabel: true}}},
    toTensors: ({xs, ys}) => ({
      xs: Object.values(xs),
      ys: [0, 1, 2].map((label) => Number(ys.label === label)),
    }),
  };
}
