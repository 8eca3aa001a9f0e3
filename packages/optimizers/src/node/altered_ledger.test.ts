import {expect, test} from '@jest/globals';
import fc from 'fast-check';

import {alteredBytes} from '../../../../tools/testing/altered_bytes.js';
import {Ledger, type LedgerStore, type NewRow} from '../account/ledger.js';
import {privacySpent} from '../account/spent.js';
import {DpError} from '../errors.js';
import {ROW} from '../testing/ledger_row.js';
import {headerLine, readLedgerLines, rowLine} from './ledger_lines.js';

const ROWS = 5;

/** A ledger, and its file. */
function ledgerFile(id: string): {readonly ledger: Ledger; readonly bytes: Buffer} {
  let text = headerLine(id);
  const store: LedgerStore = {id, rows: [], append: (row, link) => (text += rowLine(row, link))};
  const ledger = new Ledger(store);
  const sampling = {kind: 'poisson' as const, numExamples: 100, samplingProbability: 0.1};
  for (let i = 0; i < ROWS; i++) ledger.append({...ROW, step: i, batchId: `batch-${i}`, sampling});
  return {ledger, bytes: Buffer.from(text)};
}

const {ledger, bytes} = ledgerFile('this run');
const other = ledgerFile('another run');

/** Reads it as `openLedgerFile` with `dropTornRow` does. */
function read(altered: Buffer): Ledger {
  const {id, rows} = readLedgerLines(altered, 'ledger.jsonl');
  return new Ledger({id, rows, append: () => undefined});
}

test('an altered ledger is refused, or is as it was written, or lost its end: which a checkpoint knows', () => {
  let refused = 0;
  fc.assert(
    fc.property(alteredBytes(bytes, other.bytes), (altered) => {
      let found: Ledger;
      try {
        found = read(altered);
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(DpError);
        expect((error as DpError).code).toBe('LEDGER_CORRUPT');
        return;
      }
      const original = found.id === ledger.id ? ledger : other.ledger;
      expect(found.rows).toEqual(original.rows.slice(0, found.rows.length));
      if (found.rows.length < ROWS)
        expect(() => found.checkHolds(original.position)).toThrow(
          expect.objectContaining({code: 'LEDGER_MISSING'}),
        );
    }),
    {numRuns: 1000},
  );
  expect(refused).toBeGreaterThan(500);
});

test('rows of any order, of two runs, or several times, are refused unless they are a beginning of one run', () => {
  const lines = [bytes, other.bytes].flatMap((file) => file.toString().split('\n').slice(0, -1));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...lines), {maxLength: 8}), (chosen) => {
      const isBeginning = [lines.slice(0, ROWS + 1), lines.slice(ROWS + 1)].some(
        (whole) => chosen.length > 0 && chosen.join() === whole.slice(0, chosen.length).join(),
      );
      const attempt = (): Ledger => read(Buffer.from(chosen.map((line) => `${line}\n`).join('')));
      if (isBeginning) expect(attempt().rows).toHaveLength(chosen.length - 1);
      else expect(attempt).toThrow(expect.objectContaining({code: 'LEDGER_CORRUPT'}));
    }),
  );
});

test('a row of any value that has a link of its own is refused, or held as what it says', () => {
  const value = fc.oneof(
    fc.constantFrom(0, -0, -1, 1e308, -1e308, 5e-324, 2 ** 53, 1.5, NaN, Infinity, '', '1', null, true),
    fc.jsonValue({maxDepth: 1}),
  );
  const field = fc.constantFrom(
    ...Object.keys(ROW),
    'batchId',
    'sampling',
    'release',
    'version',
    '__proto__',
  );
  fc.assert(
    fc.property(field, value, (name, replaced) => {
      const forged = new Ledger();
      const row = JSON.parse(JSON.stringify({...ROW, batchId: 'b', sampling: {kind: 'unknown'}})) as object;
      Object.defineProperty(row, name, {value: replaced, enumerable: true});
      try {
        forged.append(row as NewRow);
      } catch (error) {
        expect(error).toMatchObject({code: 'LEDGER_CORRUPT'});
        expect(forged.rows).toHaveLength(0);
        return;
      }
      expect(Reflect.get(forged.rows[0] as object, name)).toEqual(replaced);
      expect(privacySpent(forged, {delta: 1e-5}).epsilon).toBeGreaterThan(0);
    }),
    {numRuns: 300},
  );
  expect({}).not.toHaveProperty('polluted');
});
