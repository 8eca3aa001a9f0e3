// A process that trains one row once: see worker.ts, which starts it.
import {useBackend} from '../backend.js';
import type {BackendName} from '../backend.js';
import {loadMnist} from '../data/mnist.js';
import {UsageError} from '../usage_error.js';
import type {Row} from './rows.js';
import {trainRow, type RunResult} from './train_row.js';

/** What the process is asked to do. */
export interface RunRequest {
  readonly row: Row;
  readonly run: number;
  readonly backend: BackendName;
  readonly dataDir?: string | undefined;
}

/** What it says. */
export type RunMessage =
  | {readonly kind: 'step'}
  | {readonly kind: 'result'; readonly result: RunResult}
  | {readonly kind: 'error'; readonly message: string};

/** A table of MNIST needs MNIST. */
async function loadRealMnist(dataDir: string | undefined): Promise<Awaited<ReturnType<typeof loadMnist>>> {
  const data = await loadMnist({dataDir});
  if (data.source === 'generated') {
    throw new UsageError(
      'a table of MNIST needs MNIST, which could not be downloaded: name its folder with --data_dir or DP_DATA_DIR',
    );
  }
  return data;
}

const say = (message: RunMessage): void => void process.send?.(message);

process.once('message', ({row, run, backend, dataDir}: RunRequest) => {
  const train = async (): Promise<void> => {
    await useBackend(backend);
    const result = await trainRow(row, run, await loadRealMnist(dataDir), () => say({kind: 'step'}));
    say({kind: 'result', result});
  };
  train()
    .catch((error: unknown) =>
      say({kind: 'error', message: error instanceof Error ? error.message : String(error)}),
    )
    .finally(() => process.disconnect());
});
