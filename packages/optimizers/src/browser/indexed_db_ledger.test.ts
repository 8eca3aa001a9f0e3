import {beforeEach, describe, expect, test} from '@jest/globals';
import fc from 'fast-check';

import {Ledger, type NewRow} from '../account/ledger.js';
import type {Sampling} from '../account/sampling.js';
import {privacySpent} from '../account/spent.js';
import {ROW} from '../testing/ledger_row.js';
import {PageStorage} from '../testing/page_storage.js';
import {openIndexedDbLedger, type IndexedDbLedger} from './indexed_db_ledger.js';

let page: PageStorage;
beforeEach(() => {
  page = new PageStorage();
});

const POISSON: Sampling = {kind: 'poisson', numExamples: 100, samplingProbability: 0.1};

function row(batch: number, more: Partial<NewRow> = {}): NewRow {
  return {...ROW, batchId: `batch-${batch}`, sampling: POISSON, step: batch, ...more};
}

function rowsOf(from: number, to: number, more: Partial<NewRow> = {}): NewRow[] {
  return Array.from({length: to - from}, (_, i) => row(from + i, more));
}

async function open(expected: 'new' | 'existing' | 'any' = 'any') {
  const store = await openIndexedDbLedger('run', {expect: expected});
  return {store, ledger: new Ledger(store)};
}

/** A ledger that holds just these. */
function ledgerOf(rows: readonly NewRow[]): Ledger {
  const ledger = new Ledger();
  for (const row of rows) ledger.append(row);
  return ledger;
}

const epsilon = (ledger: {readonly rows: Ledger['rows']}): number =>
  privacySpent({rows: ledger.rows}, {delta: 1e-5}).epsilon;

const withCode = (code: string): unknown => expect.objectContaining({code});

describe('a ledger in IndexedDB', () => {
  test('gives all rows back to the next run, in which they can be told by position', async () => {
    const {store, ledger} = await open('new');
    await store.reserve(rowsOf(0, 3));
    const appended = rowsOf(0, 3).map((planned) => ledger.append(planned));
    await store.close();
    const again = await open('existing');
    expect(again.ledger.rows).toEqual(appended);
    again.ledger.checkHolds(ledger.position);
    await again.store.reserve([row(3)]);
    again.ledger.append(row(3));
    await again.store.close();
    const last = await open();
    expect(last.ledger.rows).toHaveLength(4);
    await last.store.close();
  });

  test('takes no row that was not reserved, or would cost more than was', async () => {
    const {store, ledger} = await open();
    expect(() => ledger.append(row(0))).toThrow('await the ledger');
    await store.reserve([row(0)]);
    const refused: readonly Partial<NewRow>[] = [
      {batchId: 'another'},
      {noiseMultiplier: 1.09},
      {sampling: {...POISSON, samplingProbability: 0.2}},
      {sampling: {kind: 'unknown'}},
      {mechanism: {kind: 'tree', tree: 0, leaf: 0, maxLeaves: 4}},
      {microbatchSize: 2},
      {numParameters: 12},
      {random: {name: 'seeded', secure: false}},
    ];
    for (const more of refused) expect(() => ledger.append(row(0, more))).toThrow(withCode('NOT_RESERVED'));
    expect(ledger.rows).toHaveLength(0);
    ledger.append(row(0, {noiseMultiplier: 1.1}));
    // One batch is one event: what is reserved for it is for all of its releases together.
    expect(() => ledger.append(row(0))).toThrow('used it up');
    await store.close();
    expect(() => ledger.append(row(1))).toThrow('it is closed');
  });

  test('counts reservations on which nothing is known to be released as spent, unless it was closed', async () => {
    const {store, ledger} = await open();
    await store.reserve(rowsOf(0, 5));
    ledger.append(row(0));
    await store.flush();
    page.kill();
    const again = await open();
    expect(again.ledger.rows).toHaveLength(5);
    expect(epsilon(again.ledger)).toBeCloseTo(epsilon(ledgerOf(rowsOf(0, 5))), 6);
    again.ledger.checkHolds(ledger.position);
    await again.store.reserve(rowsOf(5, 9));
    again.ledger.append(row(5));
    await again.store.close();
    const {ledger: last} = await open();
    expect(last.rows).toHaveLength(6);
  });

  test('reserves for a batch all of its releases together', async () => {
    const {store, ledger} = await open();
    await store.reserve([row(0), row(0, {noiseMultiplier: 2}), row(1)]);
    ledger.append(row(0));
    page.kill();
    // The row was not written: both releases of batch 0, and that of batch 1.
    const {ledger: again, store: open2} = await open();
    expect(again.rows.map(({batchId}) => batchId)).toEqual(['batch-0', 'batch-1']);
    expect(again.rows[0]?.noiseMultiplier).toBeCloseTo((1.1 ** -2 + 2 ** -2) ** -0.5, 9);
    await open2.reserve([row(2), row(2, {noiseMultiplier: 2})]);
    again.append(row(2));
    expect(() => again.append(row(2))).toThrow('together would have the noise multiplier');
    again.append(row(2, {noiseMultiplier: 2}));
    await open2.reserve([row(3), row(3)]);
    again.append(row(3));
    await open2.reserve([row(4)]);
    expect(() => again.append(row(3))).toThrow('used it up');
    await open2.close();
  });

  test('takes rows while more is being reserved', async () => {
    const {store, ledger} = await open();
    await store.reserve(rowsOf(0, 2));
    const reserving = store.reserve([...rowsOf(1, 3), row(1, {noiseMultiplier: 2})]);
    ledger.append(row(0));
    ledger.append(row(1));
    expect(() => ledger.append(row(2))).toThrow(withCode('NOT_RESERVED'));
    await reserving;
    ledger.append(row(1, {noiseMultiplier: 2}));
    ledger.append(row(2));
    await store.flush();
    page.kill();
    const {ledger: again} = await open();
    expect(again.rows.slice(0, 4)).toEqual(ledger.rows);
    // More was reserved for batch 1 than was released on it.
    expect(again.rows.slice(4).map(({batchId}) => batchId)).toEqual(['batch-1']);
  });

  test('places what is left of a shuffled epoch in that epoch, and refuses batches of another', async () => {
    const shuffled = (batch: number, epoch: number): NewRow =>
      row(batch, {
        batchId: `s-${epoch}-${batch}`,
        sampling: {kind: 'shuffle', sampler: 's', numExamples: 100, batchSize: 10, epoch},
      });
    const {store, ledger} = await open();
    await store.reserve([shuffled(0, 0), shuffled(1, 0), shuffled(0, 1)]);
    ledger.append(shuffled(0, 0));
    expect(() => ledger.append(shuffled(2, 0))).toThrow(withCode('NOT_RESERVED'));
    page.kill();
    const {ledger: again} = await open();
    // Two epochs, one Gaussian each.
    const twice = ledgerOf([shuffled(0, 0), shuffled(0, 1)]);
    expect(epsilon(again)).toBeCloseTo(epsilon(twice), 6);
  });

  test('where sampling is unknown, takes any reservation; one without a row is a participation more', async () => {
    const unknown = (more: Partial<NewRow>): NewRow => row(0, {sampling: {kind: 'unknown'}, ...more});
    const {store, ledger} = await open();
    await store.reserve([1, 2, 3].map((step) => unknown({step, batchId: 'any'})));
    ledger.append(unknown({step: 0, batchId: 'call-0'}));
    await store.flush();
    page.kill();
    const {ledger: again} = await open();
    expect(again.rows).toHaveLength(3);
    const declared = {numExamples: 100, batchSize: 10, oncePerEpoch: true} as const;
    const three = privacySpent(again, {delta: 1e-5, declared}).epsilon;
    expect(three).toBeCloseTo(privacySpent(again, {delta: 1e-5}).epsilon, 9);
  });

  test('reserves no leaves of noise trees', async () => {
    const {store} = await open();
    const leaf = row(0, {mechanism: {kind: 'tree', tree: 0, leaf: 0, maxLeaves: 4}});
    await expect(store.reserve([leaf])).rejects.toThrow('noise trees cannot be reserved');
  });

  test('is locked, and refused where it is missing, there already, altered, or has nothing to lock it with', async () => {
    await expect(open('existing')).rejects.toThrow(withCode('LEDGER_MISSING'));
    const {store, ledger} = await open('new');
    await expect(open()).rejects.toThrow(withCode('LEDGER_LOCKED'));
    await store.reserve(rowsOf(0, 2));
    rowsOf(0, 2).forEach((planned) => ledger.append(planned));
    await store.close();
    await expect(open('new')).rejects.toThrow('that of a run already');
    await alterRow(1, {noiseMultiplier: 9});
    await expect(open()).rejects.toThrow(withCode('LEDGER_CORRUPT'));
    Object.defineProperty(globalThis, 'navigator', {value: undefined, configurable: true});
    await expect(open()).rejects.toThrow('no Web Locks');
  });

  test('takes nothing more after a write has failed, and counts what was reserved', async () => {
    const {store, ledger} = await open();
    await store.reserve(rowsOf(0, 3));
    page.failWrites();
    ledger.append(row(0));
    await expect(store.flush()).rejects.toThrow();
    expect(() => ledger.append(row(1))).toThrow('a write failed');
    await expect(store.close()).rejects.toThrow();
    page.kill();
    expect((await open()).ledger.rows).toHaveLength(3);
  });
});

async function alterRow(key: number, change: object): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('@dp/optimizers ledger run');
    request.onsuccess = () => resolve(request.result);
  });
  const rows = database.transaction('rows', 'readwrite').objectStore('rows');
  await new Promise<void>((resolve) => {
    const found = rows.get(key);
    found.onsuccess = () => {
      rows.put({...(found.result as object), ...change}, key).onsuccess = () => resolve();
    };
  });
  database.close();
}

/** What a page does: reserves for batches, releases, or gives the browser time to write. */
const ACTIONS = fc.array(
  fc.oneof(
    fc.record({kind: fc.constant('reserve' as const), batches: fc.integer({min: 1, max: 4})}),
    fc.constant({kind: 'release' as const}),
    fc.constant({kind: 'wait' as const}),
    fc.constant({kind: 'kill' as const}),
  ),
  {maxLength: 30},
);

test('killed at any moment, a ledger never holds less than was released', async () => {
  await fc.assert(
    fc.asyncProperty(ACTIONS, async (actions) => {
      page = new PageStorage();
      let {store, ledger}: {store: IndexedDbLedger; ledger: Ledger} = await open();
      const released: NewRow[] = [];
      let [next, reserved] = [0, 0];
      for (const action of [...actions, {kind: 'kill' as const}]) {
        if (action.kind === 'reserve') {
          await store.reserve(rowsOf(reserved, reserved + action.batches));
          reserved += action.batches;
        } else if (action.kind === 'release' && next < reserved) {
          released.push(ledger.append(row(next++)));
        } else if (action.kind === 'wait') {
          await new Promise((resolve) => setImmediate(resolve));
        } else if (action.kind === 'kill') {
          page.kill();
          ({store, ledger} = await open());
          next = reserved;
          const found = new Set(ledger.rows.map(({batchId}) => batchId));
          expect(released.every(({batchId}) => found.has(batchId))).toBe(true);
          expect(found.size).toBe(ledger.rows.length);
          // Every reservation that was not used is a row, and no more.
          expect(ledger.rows).toHaveLength(reserved);
        }
      }
    }),
    {numRuns: 30},
  );
});
