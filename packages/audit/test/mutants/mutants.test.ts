import {describe, expect, test} from '@jest/globals';

import {MUTANTS} from './table.js';
import {checkEdits, runBattery} from './run_battery.js';

const isLong = process.env['DP_LONG_TESTS'] !== undefined;

/** What is planted in every run of the tests; all of the table is in the long ones. */
const SAMPLE = ['noise 19 % low', 'a bias left out of the norm', 'batch normalisation let through'];
const planted = MUTANTS.filter(({what}) => isLong || SAMPLE.includes(what));

describe('a known mistake, planted into the shipped sources', () => {
  test.each(planted.map((mutant) => [mutant.what, mutant] as const))(
    '%s',
    async (_, {edits, caughtBy}) => {
      const failures = await runBattery([caughtBy], edits);
      expect(failures.map(({audit}) => audit)).toContain(caughtBy);
      expect(failures.map(({name}) => name)).not.toContain('could not be made');
    },
    120_000,
  );
});

test('names of mutants are unique', () => {
  expect(new Set(MUTANTS.map(({what}) => what)).size).toBe(MUTANTS.length);
});

test('the sources hold the text of every mutant', () => {
  for (const {edits} of MUTANTS) expect(() => checkEdits(edits)).not.toThrow();
});
