// What full_disk.test.ts runs: some epochs of the first tutorial on a few generated digits, four steps each.
import {UsageError} from '../usage_error.js';
import {trainMnist} from '../tutorials/mnist.js';
import {FLAGS, OFFLINE} from './flags.js';

const [modelDir = '', epochs = ''] = process.argv.slice(2);
const flags = {...FLAGS, batchSize: 16, microbatches: 16, epochs: Number(epochs), modelDir};

delete process.env['DP_DATA_DIR'];
try {
  await trainMnist(flags, process, {
    ...OFFLINE,
    digits: {numTrain: 64, numTest: 20},
  });
} catch (error) {
  if (!(error instanceof UsageError) && (error as Error).name !== 'DpError') throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
