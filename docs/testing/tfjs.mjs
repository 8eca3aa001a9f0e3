// What @tensorflow/tfjs exports, as far as pages use it.
export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
export * as data from '@tensorflow/tfjs-data';
