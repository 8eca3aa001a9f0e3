import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';

import {violations, type HostileCall} from '../../../../tools/testing/hostile_calls.js';
import * as node from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'dp-hostile-'));
afterAll(() => rmSync(folder, {recursive: true}));

let runs = 0;
const nextPath = (path: unknown): string =>
  typeof path === 'string' && path !== '' ? join(folder, path, `${runs++}`) : (path as string);

const CALLS: Readonly<Record<keyof typeof node, HostileCall>> = {
  openRun: {
    args: ['a path', {everySteps: 2}],
    free: ['0'],
    call: (path, options) => {
      const run = node.openRun(nextPath(path));
      try {
        run.checkpoints({} as never, options);
      } finally {
        run.close();
      }
      return run.path;
    },
  },
  progressBar: {
    args: [{stream: process.stderr}],
    whole: ['0.stream'],
    call: (options) => node.progressBar(options).dispose(),
  },
  tensorBoard: {
    args: ['a path', {unsafeLogPrivateStatistics: false}],
    free: ['0'],
    call: async (path, options) => {
      const callback = node.tensorBoard(nextPath(path), options);
      await callback.onTrainBegin?.();
      callback.dispose?.();
    },
  },
};

test.each(Object.keys(node) as (keyof typeof node)[])('%s takes no absurd value', async (name) => {
  const entry = CALLS[name];
  await expect(violations(name, entry.call as never, entry)).resolves.toEqual([]);
});
