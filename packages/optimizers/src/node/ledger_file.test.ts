import {fork} from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';

import {Ledger, type NewRow} from '../account/ledger.js';
import {privacySpent} from '../account/spent.js';
import {ROW} from '../testing/ledger_row.js';
import {openLedgerFile, type LedgerFileOptions} from './ledger_file.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  path = join(folder, 'ledger.jsonl');
});
afterEach(() => rmSync(folder, {recursive: true}));

function row(batch: number): NewRow {
  return {
    ...ROW,
    batchId: `${batch}`,
    sampling: {kind: 'poisson', numExamples: 100, samplingProbability: 0.1},
  };
}

/** Opens, writes, closes. */
function write(rows: number, options?: LedgerFileOptions): Ledger {
  const file = openLedgerFile(path, options);
  const ledger = new Ledger(file);
  for (let i = 0; i < rows; i++) ledger.append(row(ledger.rows.length));
  file.close();
  return ledger;
}

function lines(): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

describe('a ledger on disk', () => {
  test('holds each row before the append returns, and gives all back to the next run', () => {
    const file = openLedgerFile(path);
    const ledger = new Ledger(file);
    for (let i = 0; i < 3; i++) {
      const appended = ledger.append(row(i));
      const {link, ...last} = JSON.parse(lines().at(-1)!) as Record<string, unknown>;
      expect(last).toEqual(appended);
      expect(link).toBe(ledger.position.link);
    }
    file.close();
    const again = write(1, {expect: 'existing'});
    expect(again.rows.slice(0, 3)).toEqual(ledger.rows);
    expect(again.id).toBe(ledger.id);
    expect(again.rows.map(({release}) => release)).toEqual([0, 1, 2, 3]);
    expect(privacySpent(again, {delta: 1e-5}).epsilon).toBeGreaterThan(
      privacySpent(ledger, {delta: 1e-5}).epsilon,
    );
    again.checkHolds(ledger.position);
  });

  test('is refused after any one byte was changed, or any line left out, doubled or exchanged', () => {
    write(4);
    const original = readFileSync(path);
    const refused = (altered: Buffer | string): void => {
      writeFileSync(path, altered);
      expect(() => openLedgerFile(path)).toThrow(expect.objectContaining({code: 'LEDGER_CORRUPT'}));
      expect(existsSync(`${path}.lock`)).toBe(false);
    };
    for (let at = 0; at < original.length - 1; at += 7) {
      const altered = Buffer.from(original);
      altered[at] = (altered[at] as number) ^ 1;
      refused(altered);
    }
    const whole = original.toString().split('\n').slice(0, -1);
    for (let i = 0; i < 4; i++) refused(`${whole.filter((_, l) => l !== i).join('\n')}\n`);
    refused(`${[...whole, whole[4]!].join('\n')}\n`);
    refused(`${[whole[0]!, whole[2]!, whole[1]!, whole[3]!, whole[4]!].join('\n')}\n`);
    refused('');
    writeFileSync(path, original);
    expect(write(0).rows).toHaveLength(4);
  });

  test('that lost its last rows is known by the position of a checkpoint', () => {
    const {position} = write(4);
    writeFileSync(path, `${lines().slice(0, 4).join('\n')}\n`);
    const shorter = write(0);
    expect(() => shorter.checkHolds(position)).toThrow('was made after 4 releases');
    expect(() => new Ledger().checkHolds(position)).toThrow(
      expect.objectContaining({code: 'LEDGER_MISSING'}),
    );
    const other = write(3);
    expect(() => other.checkHolds({...position, link: 'f'.repeat(32)})).toThrow(
      expect.objectContaining({code: 'LEDGER_CORRUPT'}),
    );
    other.checkHolds(position);
  });

  test('with a torn last row is refused at every length, and opened where that row is given up', () => {
    write(2);
    const original = readFileSync(path);
    const [header, first] = lines() as [string, string];
    for (const cut of [1, 2, 50, 400]) {
      writeFileSync(path, original.subarray(0, original.length - cut));
      expect(() => openLedgerFile(path)).toThrow(
        'only a part of the last row was written, after 1 whole ones',
      );
      expect(write(0, {dropTornRow: true}).rows).toHaveLength(1);
      expect(readFileSync(path, 'utf8')).toBe(`${header}\n${first}\n`);
    }
    expect(write(1).rows).toHaveLength(2);
  });

  test('refuses a missing file, or one that is there, where the other was expected', () => {
    expect(() => openLedgerFile(path, {expect: 'existing'})).toThrow('there is no ledger');
    expect(existsSync(path)).toBe(false);
    write(1, {expect: 'new'});
    expect(() => openLedgerFile(path, {expect: 'new'})).toThrow('holds the ledger of a run already');
    expect(write(0).rows).toHaveLength(1);
  });

  test('takes no row after it was changed, removed or replaced by others, and none after it was closed', () => {
    const tamper: Record<string, () => void> = {
      grown: () => appendFileSync(path, '{}\n'),
      cut: () => truncateSync(path, 200),
      removed: () => rmSync(path),
      replaced: () => {
        renameSync(path, `${path}.old`);
        writeFileSync(path, readFileSync(`${path}.old`));
      },
    };
    for (const change of Object.values(tamper)) {
      const file = openLedgerFile(path);
      const ledger = new Ledger(file);
      ledger.append(row(0));
      change();
      expect(() => ledger.append(row(1))).toThrow('while it was open');
      expect(ledger.rows).toHaveLength(1);
      file.close();
      expect(() => ledger.append(row(1))).toThrow('it is closed');
      rmSync(path, {force: true});
    }
  });

  test('takes no row from two ledgers at once', () => {
    const file = openLedgerFile(path);
    const [one, two] = [new Ledger(file), new Ledger(file)];
    one.append(row(0));
    expect(() => two.append(row(0))).toThrow('row 0 came where 1 was next');
    file.close();
  });
});

describe('the lock of a ledger', () => {
  test('keeps a second writer off, of this process too, until the first closes', () => {
    const file = openLedgerFile(path);
    expect(() => openLedgerFile(path)).toThrow(`is open in process ${process.pid}`);
    file.close();
    openLedgerFile(path).close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  test('is taken over from a process that has ended, and from none that may still run', async () => {
    write(1);
    const child = fork(join(folder, 'child.mjs'), {stdio: 'ignore'});
    const pid = child.pid as number;
    const holder = (more: object): void =>
      writeFileSync(`${path}.lock`, JSON.stringify({host: '', pid, started: '', name: 'x', ...more}));
    await new Promise((resolve) => child.on('exit', resolve));
    const {host} = JSON.parse(lockOfThisProcess()) as {host: string};
    holder({host: 'another machine'});
    expect(() => openLedgerFile(path)).toThrow('on another machine');
    holder({host});
    expect(write(1).rows).toHaveLength(2);
    // The same number, another process: Linux says when a process began.
    holder({host, pid: process.pid, started: '1'});
    if (process.platform === 'linux') expect(write(1).rows).toHaveLength(3);
    writeFileSync(`${path}.lock`, 'not JSON');
    expect(() => openLedgerFile(path)).toThrow('delete');
    holder({host});
    writeFileSync(`${path}.lock.takeover`, '');
    expect(() => openLedgerFile(path)).toThrow('ledger.jsonl.lock.takeover');
  });

  function lockOfThisProcess(): string {
    const file = openLedgerFile(path);
    const text = readFileSync(`${path}.lock`, 'utf8');
    file.close();
    return text;
  }
});
