import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {expect, test} from '@jest/globals';

/** What fill_heap.ts says. */
interface Outcome {
  readonly fullBytes: number;
  /** The error of each attempt that needs memory. */
  readonly refused: Readonly<Record<string, string>>;
  readonly leaked: number;
  readonly unchanged: boolean;
  readonly last: number;
}

test("at the end of the wasm backend's memory everything that needs more throws, nothing is overwritten, and work goes on", () => {
  // In a process of its own: such a memory never shrinks.
  const loader = new URL('../../../tools/typescript.mjs', import.meta.url).href;
  const program = fileURLToPath(new URL('testing/fill_heap.ts', import.meta.url));
  const output = execFileSync(
    process.execPath,
    ['--no-warnings', `--import=${loader}`, '--conditions=@dp/source', program],
    {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']},
  );
  const {fullBytes, refused, leaked, unchanged, last} = JSON.parse(
    output.split('\n').at(-2) ?? '',
  ) as Outcome;
  expect(fullBytes).toBeGreaterThan(4_000 * 2 ** 20);
  expect(Object.keys(refused)).toHaveLength(8);
  for (const message of Object.values(refused))
    expect(message).toMatch(/^the wasm backend is out of memory: no \d+ bytes .* Use smaller batches/);
  expect(refused['tooLarge']).toContain('no 4294967300 bytes');
  expect(leaked).toBe(0);
  expect(unchanged).toBe(true);
  // The last entry of A^T A: the squared norm of the last column.
  const column = Array.from({length: 1024}, (_, i) => Math.sin(1024 * i + 1023) ** 2);
  expect(last).toBeCloseTo(
    column.reduce((sum, square) => sum + square, 0),
    1,
  );
});
