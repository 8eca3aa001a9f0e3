// Runs in a browser's page (tools/testing/chromium.ts): workers write a ledger and are killed, and the page counts its rows.
import {Ledger} from '../../account/ledger.js';
import {DpError} from '../../errors.js';
import {ROW} from '../../testing/ledger_row.js';
import {openIndexedDbLedger, type IndexedDbLedger} from '../indexed_db_ledger.js';

/** What the page found. */
export interface KilledLedgers {
  /** For each kill: how many releases there had been said to be, by all writers, and the ledger's rows. */
  readonly kills?: readonly {readonly said: number; readonly rows: number}[];
  /** Whether a second writer was refused while the first was at work. */
  readonly wasLocked?: boolean;
  readonly error?: string;
}

const AHEAD = 8;
const KILLS = 4;

/** Writes until it is killed, and says each release. */
async function releaseForever(): Promise<void> {
  const store = await openIndexedDbLedger('run');
  const ledger = new Ledger(store);
  for (let batch = ledger.rows.length; ; batch += AHEAD) {
    const rows = Array.from({length: AHEAD}, (_, i) => ({
      ...ROW,
      batchId: `${batch + i}`,
      sampling: {kind: 'poisson', numExamples: 100, samplingProbability: 0.1} as const,
    }));
    await store.reserve(rows);
    for (const row of rows) {
      ledger.append(row);
      postMessage('released');
    }
  }
}

/** Waits for a writer's releases, kills it in the middle of its work, and returns how many it said. */
async function killAfter(releases: number): Promise<{said: number; wasLocked: boolean}> {
  const writer = new Worker('/page.js');
  let said = 0;
  await new Promise<void>((resolve, reject) => {
    writer.onerror = ({message}) => reject(new Error(message));
    writer.onmessage = () => {
      if (++said === releases) resolve();
    };
  });
  const wasLocked = await openIndexedDbLedger('run').then(
    () => false,
    (error: unknown) => error instanceof DpError && error.code === 'LEDGER_LOCKED',
  );
  writer.terminate();
  return {said, wasLocked};
}

/** The browser frees a killed worker's lock when it gets to it. */
async function openWhenFree(): Promise<IndexedDbLedger> {
  for (;;) {
    try {
      return await openIndexedDbLedger('run', {expect: 'existing'});
    } catch (error) {
      if (!(error instanceof DpError && error.code === 'LEDGER_LOCKED')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function killWriters(): Promise<KilledLedgers> {
  const kills: {said: number; rows: number}[] = [];
  let [all, locked] = [0, true];
  for (let kill = 0; kill < KILLS; kill++) {
    const {said, wasLocked} = await killAfter(3 + 13 * kill);
    all += said;
    locked &&= wasLocked;
    const store = await openWhenFree();
    kills.push({said: all, rows: new Ledger(store).rows.length});
    await store.close();
  }
  return {kills, wasLocked: locked};
}

if ('document' in globalThis) {
  void killWriters()
    .catch((error: unknown): KilledLedgers => ({error: String(error)}))
    .then((found) => fetch('/results', {method: 'POST', body: JSON.stringify(found)}));
} else void releaseForever();
