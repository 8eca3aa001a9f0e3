import {PassThrough} from 'node:stream';
import {stripVTControlCharacters} from 'node:util';
import {expect, test} from '@jest/globals';
import {createDownloadProgress, downloadLine} from './download_progress.js';

/** A terminal that remembers what was written to it. */
function terminal({isTTY = true} = {}) {
  const stream = new PassThrough();
  let written = '';
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  return {
    stream: Object.assign(stream, {isTTY, columns: 100}) as unknown as NodeJS.WriteStream,
    written: () => written,
    /** The text that was drawn last. */
    line: () => stripVTControlCharacters(written.split('\x1b[1G').at(-1) ?? ''),
  };
}

const progress = {
  file: 'train.gz',
  url: 'http://127.0.0.1/train.gz',
  receivedBytes: 2_500_000,
  totalBytes: 10_000_000,
};

test('the line shows file, megabytes, speed and time left', () => {
  expect(downloadLine(progress, 1_000_000, 100)).toBe(
    'train.gz ██████░░░░░░░░░░░░░░░░░░ 2.5/10.0 MB | 1.0 MB/s | 0:08 left',
  );
  expect(downloadLine({...progress, totalBytes: undefined}, 1e6, 100)).toMatch(/░ 2\.5 MB \| 1\.0 MB\/s$/);
});

test('draws each file, counts speed from where it was resumed, and clears the line', async () => {
  const screen = terminal();
  let time = 0;
  const line = createDownloadProgress(screen.stream, () => time);
  line.onProgress({...progress, receivedBytes: 5_000_000});
  expect(screen.line()).toMatch(/^train\.gz .*5\.0\/10\.0 MB$/);
  time = 1;
  line.onProgress({...progress, receivedBytes: 7_000_000});
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(screen.line()).toMatch(/7\.0\/10\.0 MB \| 2\.0 MB\/s \| 0:02 left$/);
  line.onProgress({...progress, file: 'test.gz', receivedBytes: 0, totalBytes: 1_000_000});
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(screen.line()).toMatch(/^test\.gz .*0\.0\/1\.0 MB$/);
  line.stop();
  line.stop();
  expect(screen.written().endsWith('\x1b[2K\r\x1b[J')).toBe(true);
});

test('is quiet where there is no terminal', () => {
  const screen = terminal({isTTY: false});
  const line = createDownloadProgress(screen.stream);
  line.onProgress(progress);
  line.stop();
  expect(screen.written()).toBe('');
});
