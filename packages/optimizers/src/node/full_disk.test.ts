import {execFileSync, spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';

import {Ledger} from '../account/ledger.js';
import {openLedgerFile} from './ledger_file.js';

/** How something went in the process that writes. */
interface Outcome {
  readonly code?: string;
  readonly message?: string;
  /** Of the ledger's file, in bytes. */
  readonly size: number;
  /** In its folder. */
  readonly files: readonly string[];
  readonly rows?: number;
}

/** A process whose files can be limited to so many bytes: a write beyond is cut there, and the next fails, as on a full disk. */
function limitedWriter(path: string) {
  const loader = new URL('../../../../tools/typescript.mjs', import.meta.url).href;
  const program = fileURLToPath(new URL('../testing/limited_writer.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--no-warnings', `--import=${loader}`, '--conditions=@dp/source', program, path],
    {stdio: ['pipe', 'pipe', 'inherit']},
  );
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  return {
    limit: (bytes: number | 'unlimited') =>
      execFileSync('prlimit', [`--pid=${child.pid}`, `--fsize=${bytes}:`]),
    async tell(word: 'open' | 'append' | 'breakSync'): Promise<Outcome> {
      child.stdin.write(`${word}\n`);
      const {value} = (await lines.next()) as {readonly value: string};
      return JSON.parse(value) as Outcome;
    },
    kill: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve(undefined);
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  };
}

// Limits on another process are Linux's.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a ledger on a full disk', () => {
  let folder: string;
  let path: string;
  let writer: ReturnType<typeof limitedWriter>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'full-'));
    path = join(folder, 'ledger.jsonl');
    writer = limitedWriter(path);
  });
  afterAll(async () => {
    await writer.kill();
    rmSync(folder, {recursive: true});
  });

  test('is not begun, leaves nothing behind, and says what to do', async () => {
    for (const bytes of [0, 1, 40]) {
      writer.limit(bytes);
      const refused = await writer.tell('open');
      expect(refused).toMatchObject({code: 'LEDGER_NOT_WRITTEN', files: []});
      expect(refused.message).toContain('EFBIG');
      expect(refused.message).toContain('the disk not full; nothing was released');
    }
    writer.limit('unlimited');
    expect((await writer.tell('open')).code).toBeUndefined();
  });

  test('holds whole rows alone, wherever the disk ends, and goes on when there is room', async () => {
    const {size: header} = await writer.tell('append');
    const {size: two} = await writer.tell('append');
    const row = two - header;
    for (const cut of [0, 1, 2, 100, row - 2, row - 1]) {
      const {size, rows} = await writer.tell('append');
      writer.limit(size + cut);
      for (let again = 0; again < 2; again++) {
        const refused = await writer.tell('append');
        expect(refused).toMatchObject({code: 'LEDGER_NOT_WRITTEN', size, rows});
        expect(refused.message).toContain('nothing was released');
        expect(refused.message).toContain('then take the step again');
      }
      writer.limit('unlimited');
    }
    expect((await writer.tell('append')).rows).toBe(9);
  });

  test('that may not have kept a row takes no other until it is opened again, by anyone', async () => {
    await writer.tell('breakSync');
    const unsynced = await writer.tell('append');
    expect(unsynced).toMatchObject({code: 'LEDGER_NOT_WRITTEN', rows: 9});
    expect(unsynced.message).toContain('then open the ledger again to go on');
    expect((await writer.tell('append')).message).toContain('open it again to go on');
    await writer.kill();
    const file = openLedgerFile(path, {expect: 'existing'});
    const {rows} = new Ledger(file);
    file.close();
    expect(rows.map(({batchId}) => batchId)).toEqual(Array.from({length: 9}, (_, i) => `${i}`));
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(11);
  });
});
