// What full_disk.test.ts runs: does what it is told, a word a line, on the ledger file that it is given, and says how that went.
import fs, {existsSync, readdirSync, statSync} from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import {dirname} from 'node:path';
import {createInterface} from 'node:readline';

import {Ledger} from '../account/ledger.js';
import {openLedgerFile} from '../node/ledger_file.js';
import {ROW} from './ledger_row.js';

const path = process.argv[2] ?? '';
let ledger: Ledger | undefined;
const fdatasyncSync = fs.fdatasyncSync;

const told: Readonly<Record<string, () => void>> = {
  open() {
    ledger = new Ledger(openLedgerFile(path));
  },
  append() {
    const batchId = `${ledger?.rows.length}`;
    ledger?.append({...ROW, batchId, sampling: {kind: 'unknown'}});
  },
  breakSync() {
    fs.fdatasyncSync = () => {
      fs.fdatasyncSync = fdatasyncSync;
      syncBuiltinESMExports();
      throw new Error('EIO: i/o error, fdatasync');
    };
    syncBuiltinESMExports();
  },
};

for await (const word of createInterface({input: process.stdin})) {
  let error: unknown;
  try {
    told[word]?.();
  } catch (thrown) {
    error = thrown;
  }
  const {code, message} = (error ?? {}) as {readonly code?: string; readonly message?: string};
  const size = existsSync(path) ? statSync(path).size : 0;
  const files = readdirSync(dirname(path));
  console.log(JSON.stringify({code, message, size, files, rows: ledger?.rows.length}));
}
