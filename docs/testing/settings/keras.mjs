// The README of @dp/keras: 150 records in memory, and a thousand in a file.
import {fitSampled, makePrivate} from '@dp/keras';
import * as optimizers from '@dp/optimizers';
import {writeFileSync} from 'node:fs';
import {resolve} from 'node:path';

export default function setting({tf, model, x, y}) {
  const numExamples = 150;
  const classOf = (i) => i % 3;
  const lines = Array.from({length: 1000}, (_, i) => `${classOf(i)},${Math.sin(i)},${i % 7},1,${classOf(i)}`);
  writeFileSync('records.csv', `a,b,c,d,label\n${lines.join('\n')}\n`);
  return {
    ...optimizers,
    fitSampled,
    model: makePrivate(model),
    numExamples,
    x: tf.slice(x, 0, numExamples),
    y: tf.slice(y, 0, numExamples),
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
