import {expect, test} from '@jest/globals';
import {
  requireDelta,
  requireFinite,
  requireInteger,
  requireNonNegative,
  requireOneOf,
  requirePositive,
  requireProbability,
} from './checks.js';

test.each([
  [() => requireFinite('x', NaN), 'x must be a finite number, got NaN'],
  [() => requireFinite('x', '7' as never), "x must be a finite number, got '7'"],
  [() => requireNonNegative('x', -0.1), 'x must be >= 0, got -0.1'],
  [() => requirePositive('x', 0), 'x must be > 0, got 0'],
  [() => requireInteger('x', 0, 1), 'x must be an integer >= 1, got 0'],
  [() => requireInteger('x', undefined as never, 1), 'x must be an integer >= 1, got undefined'],
  [() => requireInteger('x', 2 ** 53, 1), 'x must be at most 2^53 - 1, got 9007199254740992'],
  [() => requireProbability('x', 1.1), 'x must be in [0, 1], got 1.1'],
  [
    () => requireDelta('x', 0),
    'x must be > 0 and < 1, got 0; a common choice is below 1 / (number of examples)',
  ],
  [() => requireOneOf('x', 'c', ['a', 'b']), "x must be 'a' or 'b', got 'c'"],
])('%s', (check, message) => {
  expect(check).toThrow(new RangeError(message));
});

test('values within the bounds pass', () => {
  requireFinite('x', -3);
  requireNonNegative('x', 0);
  requirePositive('x', 1e-300);
  requireInteger('x', 5, 5);
  requireProbability('x', 0);
  requireProbability('x', 1);
  requireDelta('x', 1e-300);
  requireOneOf('x', 'a', ['a']);
});
