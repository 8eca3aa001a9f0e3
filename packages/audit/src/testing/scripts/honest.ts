import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {denseSubject} from '../subjects.js';

/** What a user's model script looks like. */
export default async () => {
  await tf.setBackend('cpu');
  return denseSubject();
};
