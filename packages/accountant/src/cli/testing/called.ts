import {expect} from '@jest/globals';
import type {Io} from '../io.js';

/** What a command line wrote, and its exit code. */
export interface Called {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Calls a command line with strings for its streams. */
export async function called(
  run: (argv: readonly string[], io: Io) => Promise<number>,
  argv: readonly string[],
): Promise<Called> {
  let out = '';
  let error = '';
  const files: Record<string, string> = {};
  const code = await run(argv, {
    out: (text) => (out += text),
    error: (text) => (error += text),
    writeFile: async (path, text) => {
      if (path.startsWith('/nowhere')) throw new Error('ENOENT: no such file or directory');
      files[path] = text;
    },
  });
  return {code, out, error, files};
}

/** The object that a command line prints with `--json`. */
export async function calledJson(
  run: (argv: readonly string[], io: Io) => Promise<number>,
  argv: readonly string[],
): Promise<Record<string, unknown>> {
  const {code, out} = await called(run, [...argv, '--json']);
  expect(code).toBe(0);
  expect(out.trimEnd()).not.toContain('\n');
  return JSON.parse(out) as Record<string, unknown>;
}
