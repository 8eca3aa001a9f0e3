import {readFileSync} from 'node:fs';
import {runInThisContext} from 'node:vm';
import {expect, test} from '@jest/globals';
import * as optimizers from '@dp/optimizers';
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfLayers from '@tensorflow/tfjs-layers';

import * as keras from './index.js';

test('the first program of the README runs and prints what it should', async () => {
  await core.setBackend('cpu');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, program = ''] = /```js\n([^]*?)```/.exec(readme) ?? [];
  const body = program.replace(/^import .*\n/gm, '');
  const names = {...keras, ...optimizers, tf: {...core, ...tfLayers}};
  const main = runInThisContext(`(async ({dpSequential, dpAdam, tf, x, y}, console) => {${body}})`) as (
    names: object,
    console: object,
  ) => Promise<void>;
  const labels = Array.from({length: 150}, (_, i) => i % 3);
  const x = core.tensor2d(labels.map((label, i) => [label, Math.sin(i), Math.cos(i), 1]));
  const y = core.oneHot(core.tensor1d(labels, 'int32'), 3);
  const printed: unknown[] = [];
  await main({...names, x, y}, {log: (value: unknown) => printed.push(value)});
  expect(printed).toEqual([true]);
});
