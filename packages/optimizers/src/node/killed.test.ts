import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {boundedInteger, secureSource, WordReader} from '@dp/random';
import {build} from 'esbuild';

import {Ledger} from '../account/ledger.js';
import {openLedgerFile} from './ledger_file.js';

const KILLS = process.env['DP_LONG_TESTS'] === undefined ? 3 : 100;

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'killed-'));
  program = join(folder, 'writer.mjs');
  const {outputFiles} = await build({
    entryPoints: [fileURLToPath(new URL('../testing/ledger_writer.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['@dp/source'],
    logLevel: 'silent',
  });
  writeFileSync(program, outputFiles[0]?.contents ?? '');
});
afterAll(() => rmSync(folder, {recursive: true}));

const words = new WordReader(secureSource());

/** Lets a process write rows until it is killed at a random moment. Returns how many it says it released. */
async function writeUntilKilled(path: string): Promise<number> {
  const child = spawn(process.execPath, [program, path], {stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  let killing = false;
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (killing) return;
    killing = true;
    setTimeout(() => child.kill('SIGKILL'), boundedInteger(30, words));
  });
  await new Promise((resolve) => child.on('close', resolve));
  return said.split('\n').length - 1;
}

test(
  `a writer that is killed ${KILLS} times leaves a ledger with a row for each release, which opens at once`,
  async () => {
    const path = join(folder, 'ledger.jsonl');
    let released = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      released += await writeUntilKilled(path);
      const file = openLedgerFile(path, {expect: 'existing'});
      const {rows} = new Ledger(file);
      file.close();
      // One row a kill may have been written and not released: it counts as spent.
      expect(rows.length).toBeGreaterThanOrEqual(released);
      expect(rows.length).toBeLessThanOrEqual(released + kill + 1);
    }
    expect(released).toBeGreaterThan(KILLS);
  },
  KILLS * 20_000,
);
