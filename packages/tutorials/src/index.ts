export {main, type Streams} from './cli.js';
export {trainMnist} from './mnist.js';
export {type MnistFlags} from './mnist_flags.js';
export {crossEntropy, mnistNetwork} from './network.js';
export {cacheFolder} from './data/cache.js';
export {
  loadMnist,
  MNIST_FILES,
  MNIST_MIRRORS,
  offlineNotice,
  type LabelledImages,
  type LoadMnistOptions,
  type MnistData,
} from './data/mnist.js';
