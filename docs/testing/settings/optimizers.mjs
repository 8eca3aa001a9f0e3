// The README of @dp/optimizers: its imports, a reader's own names, and what a browser has.
import * as optimizers from '@dp/optimizers';
import {mkdirSync, writeFileSync} from 'node:fs';
import {browser} from '../browser.mjs';

export default function setting({tf, model, numExamples, dataset}) {
  const variables = model.trainableWeights.map((weight) => weight.read());
  const options = {
    learningRate: 0.1,
    l2NormClip: 1,
    noiseMultiplier: 1.1,
    numMicrobatches: 256,
    expectedBatchSize: 256,
  };
  const {dpSGD, Ledger, poissonSampler} = optimizers;
  const sampler = poissonSampler({numExamples, batchSize: 256});
  const drawn = sampler.next();
  const {x, y} = dataset.get(drawn.indices);
  const ledger = new Ledger();
  const lossesOf = (y, p) => tf.neg(tf.sum(tf.mul(y, tf.log(p)), 1));
  mkdirSync('run');
  return {
    ...optimizers,
    writeFileSync,
    ...browser(),
    ...{variables, x, y, drawn, sampler, ledger},
    steps: 20,
    numParameters: 15,
    losses: (x, y) => lossesOf(y, model.apply(x)),
    loss: lossesOf,
    fetchExamples: (indices) => dataset.get(indices),
    optimizer: dpSGD(options),
    bodyOptimizer: dpSGD({...options, ledger}),
    headOptimizer: dpSGD({...options, ledger}),
    bodyVariables: variables.slice(0, 1),
    headVariables: variables.slice(1),
  };
}
