import {expect, test} from '@jest/globals';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

test('the loop of its own learns, counts every release on disk, and goes on counting in the same file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dp-loop-'));
  const ledger = join(folder, 'ledger.jsonl');
  const script = fileURLToPath(new URL('custom_loop.js', import.meta.url));
  const run = (): string => execFileSync(process.execPath, [script, '--ledger', ledger], {encoding: 'utf8'});
  const epsilons = (output: string): number[] =>
    [...output.matchAll(/epsilon ([\d.]+) at/g)].map(([, epsilon]) => Number(epsilon));
  try {
    const first = run();
    expect(epsilons(first)).toHaveLength(4);
    expect(Number(/not private\): ([\d.]+)/.exec(first)?.[1])).toBeGreaterThan(0.8);
    // A line for the header, and one a step.
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toHaveLength(1 + 80);
    expect(epsilons(run())[0]).toBeGreaterThan(epsilons(first)[3] ?? Infinity);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
