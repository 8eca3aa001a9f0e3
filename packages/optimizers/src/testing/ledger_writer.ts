// What killed.test.ts runs and kills: appends rows to the ledger file that it is given, and says each release.
import {writeSync} from 'node:fs';

import {Ledger} from '../account/ledger.js';
import {openLedgerFile} from '../node/ledger_file.js';
import {ROW} from './ledger_row.js';

const ledger = new Ledger(openLedgerFile(process.argv[2] ?? ''));
for (;;) {
  const batchId = `${ledger.rows.length}`;
  ledger.append({...ROW, batchId, sampling: {kind: 'poisson', numExamples: 100, samplingProbability: 0.1}});
  writeSync(1, `${batchId}\n`);
}
