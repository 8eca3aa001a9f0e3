import {expect, test} from '@jest/globals';
import {canonicalFlags, parseNumber} from './flags.js';

test('known flags may be written in kebab case and in any case, values stay untouched', () => {
  expect(
    canonicalFlags(
      ['--n=5', '--batch-size', '--batch-size=A-b=C', 'x-y', '--other-flag', '-N'],
      ['N', 'batch_size'],
    ),
  ).toEqual(['--N=5', '--batch_size', '--batch_size=A-b=C', 'x-y', '--other-flag', '-N']);
});

test('decimal numbers are numbers, anything else is refused', () => {
  expect(['256', '1.1', '.5', '5.', '1e-5', '-2E+3', '+1'].map(parseNumber)).toEqual([
    256, 1.1, 0.5, 5, 1e-5, -2000, 1,
  ]);
  for (const text of ['', ' ', 'abc', '0x10', '1e', '1,5', 'Infinity', 'NaN', '.']) {
    expect(() => parseNumber(text)).toThrow('It is not a number');
  }
});
