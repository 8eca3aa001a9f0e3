import {expect, test} from '@jest/globals';

import {normalTail} from './normal_tail.js';

test('the normal tail is right to 12 digits, near 0 and far out', () => {
  // mpmath, at double precision.
  const known: [number, number][] = [
    [0, 0.5],
    [0.5, 0.3085375387259869],
    [1, 0.15865525393145705],
    [2.9, 0.0018658133003840384],
    [3, 0.0013498980316300946],
    [6, 9.865876450376981e-10],
    [-1, 0.8413447460685429],
  ];
  for (const [x, tail] of known) expect(Math.abs(normalTail(x) / tail - 1)).toBeLessThan(1e-12);
});
