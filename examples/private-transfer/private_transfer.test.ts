import {expect, test} from '@jest/globals';
import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

test('a private head on public features learns at a small epsilon, and says which data plays which part', () => {
  const script = fileURLToPath(new URL('private_transfer.js', import.meta.url));
  const output = execFileSync(process.execPath, [script], {encoding: 'utf8'});
  expect(output).toMatch(/^public pictures 8000 \(no guarantee\), private pictures 2000/m);
  expect(Number(/test accuracy ([\d.]+)/.exec(output)?.[1])).toBeGreaterThan(0.8);
  const epsilon = Number(/epsilon ([\d.]+)/.exec(output)?.[1]);
  expect(epsilon).toBeLessThanOrEqual(1);
  expect(epsilon).toBeGreaterThan(0.9);
});
