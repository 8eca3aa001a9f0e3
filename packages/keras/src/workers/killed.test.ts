import {beforeAll, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import {dpSGD} from '@dp/optimizers';
import {boundedInteger, secureSource, WordReader} from '@dp/random';

import {tensorDataset} from '../data/dataset.js';
import {compiledOf} from '../layers/compiled.js';
import {openSteps} from './open_steps.js';

// Threads run what was built: they can't read TypeScript.
const url = new URL('../../dist/workers/summing_worker.js', import.meta.url);
const KILLS = process.env['DP_LONG_TESTS'] === undefined ? 3 : 50;
const N = 64;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test(
  `a thread that dies at ${KILLS} random moments fails its step, which releases nothing; every step that was taken has a row`,
  async () => {
    const words = new WordReader(secureSource());
    const model = sequential({layers: [layers.dense({inputShape: [200], units: 50})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const dataset = tensorDataset({x: tf.ones([N, 200]), y: tf.zeros([N, 50])});
    for (let kill = 0; kill < KILLS; kill++) {
      const optimizer = dpSGD({
        learningRate: 0.1,
        l2NormClip: 1,
        noiseMultiplier: 1,
        numMicrobatches: N,
        expectedBatchSize: N,
      });
      const killer = `setTimeout(() => process.exit(7), ${boundedInteger(200, words)});`;
      const modules = [`data:text/javascript,${encodeURIComponent(killer)}`];
      const options = {model, compiled: compiledOf(model), optimizer, dataset, maxPhysicalBatch: 16};
      const indices = Int32Array.from({length: N}, (_, i) => i);
      const sampling = {kind: 'poisson', numExamples: N, samplingProbability: 1} as const;
      let [taken, last] = [0, model.getWeights().map((weight) => weight.dataSync())];
      const train = async (): Promise<void> => {
        const steps = await openSteps(options, {count: 2, modules}, url);
        try {
          for (;;) {
            await steps.take({id: `b${taken}`, indices, sampling});
            taken++;
            last = model.getWeights().map((weight) => weight.dataSync());
          }
        } finally {
          steps.dispose();
        }
      };
      await expect(train()).rejects.toMatchObject({
        code: 'WORKER_FAILED',
        message: expect.stringContaining('worker 1 of 1 failed: it ended with exit code 7'),
      });
      expect(optimizer.ledger.rows).toHaveLength(taken);
      expect(model.getWeights().map((weight) => weight.dataSync())).toEqual(last);
    }
  },
  KILLS * 20_000,
);
