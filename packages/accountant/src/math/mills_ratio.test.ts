import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {millsRatio} from './mills_ratio.js';
import {millsRatioFall} from './mills_ratio_fall.js';

// mpmath 1.4.1, 60 digits: x, M(x), 1 - x M(x).
const TRUTH: readonly (readonly [number, number, number])[] = [
  [-0.5, 1.9640174953579939, 1.982008747678997],
  [0, 1.2533141373155003, 1],
  [0.25, 1.0378245758537268, 0.7405438560365682],
  [1, 0.6556795424187984, 0.34432045758120156],
  [3, 0.3045902987101033, 0.08622910386969011],
  [3.999, 0.23670578492956482, 0.053413566066670255],
  [4, 0.23665238291356067, 0.053390468345757315],
  [5, 0.19280810471531576, 0.03595947642342118],
  [10, 0.09902859647173193, 0.009714035282680786],
  [38, 0.026297602974252963, 0.0006910869783873536],
  [100, 0.009999000299850106, 0.00009997001498950944],
  [1e4, 0.00009999999900000004, 9.999999700000015e-9],
];

test.each(TRUTH)("Mills' ratio at %d", (x, ratio) => {
  expect(relativeError(millsRatio(x), ratio)).toBeLessThan(1e-15);
});

test.each(TRUTH)("the fall of Mills' ratio at %d keeps its digits", (x, _ratio, fall) => {
  expect(relativeError(millsRatioFall(x), fall)).toBeLessThan(1e-14);
});
