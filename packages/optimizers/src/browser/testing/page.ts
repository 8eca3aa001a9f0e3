// Runs in a browser's page (tools/testing/chromium.ts): one private step of each model on the backends named in the address.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';

import {clippedSums, privateSteps, type Answer} from './work.js';

async function answer(backend: string): Promise<Answer> {
  if (!(await tf.setBackend(backend))) return {missing: true};
  try {
    return {steps: privateSteps()};
  } catch (error) {
    return {error: String(error), sums: await clippedSums()};
  }
}

void answer(window.location.search.slice(1))
  .catch((error: unknown): Answer => ({error: String(error)}))
  .then((found) => fetch('/results', {method: 'POST', body: JSON.stringify(found)}));
