import {expect, test} from '@jest/globals';
import {relativeError} from '../testing/relative_error.js';
import {erfc} from './erfc.js';

// mpmath 1.4.1, 60 digits.
test.each([
  [-30, 2],
  [-3.5, 1.9999992569016276],
  [-1, 1.8427007929497148],
  [-0.5, 1.5204998778130465],
  [-0.46875, 1.492613473217938],
  [-0.3, 1.3286267594591274],
  [-1e-10, 1.000000000112838],
  [0, 1],
  [1e-3, 0.9988716212090307],
  [0.3, 0.6713732405408726],
  [0.46875, 0.507386526782062],
  [0.46876, 0.5073774688931535],
  [1, 0.15729920705028513],
  [2, 0.004677734981047266],
  [3.9, 3.4792248597231765e-8],
  [4, 1.541725790028002e-8],
  [4.1, 6.700027654084918e-9],
  [6, 2.1519736712498913e-17],
  [10, 2.088487583762545e-45],
  [26, 5.663192408856143e-296],
  [26.5, 2.2109076642637343e-307],
])('erfc(%d) is %d to 8 units in the last place', (x, truth) => {
  expect(relativeError(erfc(x), truth)).toBeLessThan(8 * 2 ** -53);
});

test('where the value is below the smallest double it is zero', () => {
  expect(erfc(30)).toBe(0);
  expect(erfc(Infinity)).toBe(0);
  expect(erfc(-Infinity)).toBe(2);
});
