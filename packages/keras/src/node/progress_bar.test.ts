import {PassThrough} from 'node:stream';
import {expect, test} from '@jest/globals';

import {progressBar} from './progress_bar.js';

const LOGS = {loss: 0.25, epsilon: 1.5, batch: 0, size: 2};

async function shown(isTTY: boolean): Promise<string> {
  let text = '';
  const stream = new PassThrough();
  stream.on('data', (data: Buffer) => (text += data.toString()));
  const bar = progressBar({
    stream: Object.assign(stream, {isTTY, columns: 100}) as unknown as NodeJS.WriteStream,
  });
  bar.setParams({epochs: 2, steps: 3});
  await bar.onEpochBegin(0);
  await bar.onBatchEnd(2, LOGS);
  await bar.onEpochEnd(0, LOGS);
  await bar.onTrainEnd();
  return text;
}

test('a bar shows the epoch, and what is local as such; the epsilon stays', async () => {
  const text = await shown(true);
  expect(text).toContain('epoch 1/2');
  expect(text).toContain('loss 0.250 (local, not private)');
  expect(text).toContain('epoch 1/2: epsilon 1.500\n');
});

test('where there is no terminal it is quiet', async () => {
  expect(await shown(false)).toBe('');
});
