import {fileURLToPath} from 'node:url';
import {join} from 'node:path';

import {startSteps} from '../bench/harness/bench.mjs';
import {Child} from '../bench/harness/child.mjs';

/** The models, by the name that everybody knows them by. */
export const MODELS = {
  'mnist-cnn': {
    batch: 256,
    bench: '../bench/mnist_cnn.mjs',
    size: {batch: 256},
    title: 'CNN of the MNIST tutorial, batch 256, examples a second',
  },
  'char-lstm': {
    batch: 64,
    bench: '../bench/char_lstm.mjs',
    size: {batch: 64, length: 80, units: 256, characters: 65},
    title: 'Character LSTM (65, 256, 65; 80 steps), batch 64, sequences a second',
  },
};

/** The libraries, in the order of their turns and of the table. */
export const LIBRARIES = {
  'ours-2': {title: 'this library, wasm, 2 workers', workers: 2, modes: ['private']},
  'ours-1': {title: 'this library, wasm, 1 worker', workers: 1, modes: ['private', 'plain']},
  opacus: {title: 'Opacus, hooks and DPLSTM', environment: 'opacus', modes: ['private', 'plain']},
  jax: {title: 'JAX Privacy, microbatches of 8', environment: 'jax', modes: ['private', 'plain']},
  tf: {title: 'TF Privacy, Keras optimizer', environment: 'tf', modes: ['private', 'plain']},
};

/** Who takes part: a model, by a library, in a mode; `start` starts a process that takes steps. */
export function contestants(folder) {
  return Object.entries(MODELS).flatMap(([model, {bench, size}]) =>
    Object.entries(LIBRARIES).flatMap(([library, {environment, workers, modes}]) =>
      modes.map((mode) => ({
        name: `${model}/${library}/${mode}`,
        ...{model, library, mode, environment},
        start: () =>
          environment === undefined
            ? startSteps(new URL(bench, import.meta.url), {mode, backend: 'wasm', workers, size})
            : new Child(join(folder, environment, 'bin', 'python'), [
                fileURLToPath(new URL(`python/${environment}_steps.py`, import.meta.url)),
                ...['--model', model, '--mode', mode],
              ]),
      })),
    ),
  );
}
