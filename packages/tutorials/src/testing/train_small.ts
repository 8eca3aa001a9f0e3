// What full_disk.test.ts runs: some epochs of the first tutorial on a few generated digits, four steps each.
import {UsageError} from '../usage_error.js';
import {trainMnist} from '../tutorials/mnist.js';

const [modelDir = '', epochs = ''] = process.argv.slice(2);
const flags = {
  dpsgd: true,
  learningRate: 0.15,
  noiseMultiplier: 1.1,
  targetEpsilon: undefined,
  l2NormClip: 1,
  batchSize: 16,
  epochs: Number(epochs),
  microbatches: 16,
  delta: 1e-5,
  modelDir,
  dataDir: undefined,
  backend: 'wasm',
  sampling: 'poisson',
  seed: undefined,
  plot: undefined,
  report: undefined,
} as const;

delete process.env['DP_DATA_DIR'];
try {
  await trainMnist(flags, process, {
    offline: true,
    cacheDir: '/nonexistent',
    digits: {numTrain: 64, numTest: 20},
  });
} catch (error) {
  if (!(error instanceof UsageError) && (error as Error).name !== 'DpError') throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
