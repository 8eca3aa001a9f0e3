import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

import type {BatteryFailure} from './battery.js';
import type {Edit} from './table.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** @throws Error if the sources do not hold the text of an edit exactly once: then the table is no longer true. */
export function checkEdits(edits: readonly Edit[]): void {
  for (const {file, search} of edits) {
    const found = readFileSync(here(`../../../${file}`), 'utf8').split(search).length - 1;
    if (found !== 1)
      throw new Error(`${file} holds this text of a mutant ${found} times, not once: ${search}`);
  }
}

/** Runs audits of the battery in a process of its own, on the packages' sources with some text replaced. */
export async function runBattery(
  audits: readonly string[],
  edits: readonly Edit[],
): Promise<BatteryFailure[]> {
  checkEdits(edits);
  const {stdout} = await promisify(execFile)(
    process.execPath,
    [
      '--conditions=@dp/source',
      '--no-warnings',
      `--import=${here('./register.mjs')}`,
      here('./battery.ts'),
      ...audits,
    ],
    {env: {...process.env, DP_MUTANT_EDITS: JSON.stringify(edits), NODE_OPTIONS: ''}, maxBuffer: 2 ** 24},
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as BatteryFailure[];
}
