import {describe, expect, test} from '@jest/globals';
import fc from 'fast-check';

import {DpError} from '../errors.js';
import {ROW} from '../testing/ledger_row.js';
import {checkLedgerRow} from './check_row.js';
import type {LedgerRow} from './ledger_row.js';
import type {Sampling} from './sampling.js';

const GOOD: LedgerRow = {...ROW, version: 1, release: 3, batchId: 'b', sampling: {kind: 'unknown'}};
const SAMPLINGS: readonly Sampling[] = [
  {kind: 'unknown'},
  {kind: 'poisson', numExamples: 60_000, samplingProbability: 256 / 60_000},
  {kind: 'shuffle', sampler: 's', numExamples: 1000, batchSize: 100, epoch: 4},
  {kind: 'all', dataset: 'validation', numExamples: 1000, disjoint: true},
];

describe('checkLedgerRow', () => {
  test('takes every row that this library writes, after JSON, as a frozen copy', () => {
    for (const sampling of SAMPLINGS) {
      const row = {...GOOD, sampling};
      const read = checkLedgerRow(JSON.parse(JSON.stringify(row)));
      expect(read).toEqual(row);
      expect([read, read.sampling, read.random].every(Object.isFrozen)).toBe(true);
    }
    const mechanism = {kind: 'tree' as const, tree: 0, leaf: 6, maxLeaves: 7};
    expect(checkLedgerRow({...GOOD, mechanism})).toEqual({...GOOD, mechanism});
  });

  test('refuses a row without any one of its fields, with one more, or with a value of another type', () => {
    const needed = Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== 'samplerRandom'));
    expect(checkLedgerRow(needed)).toEqual(needed);
    for (const key of Object.keys(needed)) {
      const without = Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== key));
      expect(() => checkLedgerRow(without)).toThrow(key);
      for (const value of [null, [], -1, NaN, Infinity, 'x'.repeat(10_001)]) {
        expect(() => checkLedgerRow({...GOOD, [key]: value})).toThrow(DpError);
      }
    }
    expect(() => checkLedgerRow({...GOOD, norms: [1]})).toThrow('row.norms must be absent, got an array');
    expect(() => checkLedgerRow({...GOOD, sampling: {kind: 'unknown', drawn: 1}})).toThrow(
      'row.sampling.drawn must be absent',
    );
    expect(() => checkLedgerRow({...GOOD, version: 2})).toThrow('later version');
    expect(() => checkLedgerRow({...GOOD, sampling: {kind: 'toString'}})).toThrow(
      "row.sampling.kind must be one of unknown, poisson, truncatedPoisson, poissonUsers, poissonCappedUsers, shuffle, fixed, stream, all, got 'toString'",
    );
  });

  test('throws nothing but LEDGER_CORRUPT, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom(...Object.keys(GOOD)), fc.anything()).map((d) => ({...GOOD, ...d})),
        ),
        (value) => {
          try {
            checkLedgerRow(value);
          } catch (error) {
            expect(error).toMatchObject({code: 'LEDGER_CORRUPT'});
          }
        },
      ),
    );
    expect(() => checkLedgerRow(JSON.parse('{"__proto__": {"version": 1}}'))).toThrow('version must be 1');
  });
});
