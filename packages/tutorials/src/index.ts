export {main, type Streams} from './cli.js';
export {trainMnist} from './mnist.js';
export {type MnistFlags} from './mnist_flags.js';
export {crossEntropy, mnistNetwork} from './network.js';
export {loadMnist, type LoadMnistOptions, type MnistData} from './data/mnist.js';
