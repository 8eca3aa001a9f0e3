import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

import type {BatteryFailure} from './battery.js';
import type {Edit} from './table.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs audits of the battery in a process of its own, on the packages' sources with some text replaced. */
export async function runBattery(
  audits: readonly string[],
  edits: readonly Edit[],
): Promise<BatteryFailure[]> {
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
