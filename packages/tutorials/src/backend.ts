import * as tf from '@tensorflow/tfjs-core';

import {UsageError} from './usage_error.js';

/** Backends that the tutorials run on. */
export const BACKENDS = ['wasm', 'tensorflow', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Loads a backend and makes it current. `tensorflow` needs @tensorflow/tfjs-node, which is not installed by default. */
export async function useBackend(name: BackendName): Promise<void> {
  switch (name) {
    case 'wasm':
      await import('@dp/kernels');
      break;
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      break;
    case 'tensorflow':
      await loadNativeBackend();
      break;
  }
  if (!(await tf.setBackend(name))) throw new UsageError(`the ${name} backend could not be started`);
  await tf.ready();
}

async function loadNativeBackend(): Promise<void> {
  const specifier = '@tensorflow/tfjs-node';
  try {
    await import(specifier);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new UsageError(
      `--backend=tensorflow needs the optional package ${specifier}, which could not be loaded (${reason}). ` +
        `Install it with "npm install ${specifier}", or use --backend=wasm`,
    );
  }
}
