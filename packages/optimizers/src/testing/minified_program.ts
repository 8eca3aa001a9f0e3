// What minified.test.ts bundles, minifies and runs: every optimizer in a stock model, saved, loaded and gone on with.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {loadLayersModel} from '@tensorflow/tfjs-layers';
import {PrivateOptimizer} from '@dp/optimizers';

import {mlp} from './models.js';
import {OPTIMIZERS} from './optimizers.js';
import {normalTensor, oneHotLabels} from './tensors.js';

const B = 4;

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const [x, y] = [normalTensor([B, 5], 1), oneHotLabels(B, 3, 2)];
  const seen = [];
  for (const {make} of OPTIMIZERS) {
    const optimizer = make({l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: B});
    const model = mlp();
    model.compile({optimizer, loss: 'meanSquaredError'});
    await model.fit(x, y, {batchSize: B, epochs: 2});
    let artifacts: tf.io.ModelArtifacts = {};
    await model.save(
      tf.io.withSaveHandler((all) => {
        artifacts = all;
        return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}});
      }),
      {includeOptimizer: true},
    );
    const {optimizer: loaded} = await loadLayersModel(tf.io.fromMemory(artifacts));
    seen.push({
      className: optimizer.getClassName(),
      ledger: optimizer.ledger.rows.map((row) => row.optimizer.id),
      isPrivate: loaded instanceof PrivateOptimizer && loaded.getClassName() === optimizer.getClassName(),
      iterations: loaded.iterations,
    });
  }
  console.log(JSON.stringify(seen));
}
void main();
