export {main} from './cli.js';
export {type Streams} from './terminal/streams.js';
export {trainMnist} from './tutorials/mnist.js';
export {trainMnistEager} from './tutorials/mnist_eager.js';
export {trainMnistKeras} from './tutorials/mnist_keras.js';
export {trainLm, type LmFlags} from './tutorials/lm.js';
export {type TutorialFlags} from './run/flags.js';
export {crossEntropy, mnistNetwork} from './network.js';
export {cacheFolder} from './data/cache.js';
export {type LabelledImages} from './data/labelled_images.js';
export {
  loadMnist,
  MNIST_FILES,
  MNIST_MIRRORS,
  offlineNotice,
  type LoadMnistOptions,
  type MnistData,
} from './data/mnist.js';
