import {expect, test} from '@jest/globals';
import stdlibErfc from '@stdlib/math-base-special-erfc';
import stdlibErfcx from '@stdlib/math-base-special-erfcx';
import fc from 'fast-check';
import {type Complex, complex, fft as mathFft} from 'mathjs';
import {relativeError} from '../testing/relative_error.js';
import {erfc} from './erfc.js';
import {erfcx} from './erfcx.js';
import {fft, fftError, rootsOfUnity} from './fft.js';

const UNIT = 2 ** -53;

test('erfc and erfcx agree with stdlib, wherever a double can hold them', () => {
  const finite = (min: number, max: number) => fc.double({min, max, noNaN: true});
  fc.assert(
    fc.property(finite(-6, 26), finite(-26, 1e6), (x, y) => {
      expect(relativeError(erfc(x), stdlibErfc(x))).toBeLessThan(16 * UNIT);
      // Below 0 it is about 2 exp(y^2), where a rounding of y^2 counts.
      expect(relativeError(erfcx(y), stdlibErfcx(y))).toBeLessThan((16 + 2 * Math.max(0, -y) ** 2) * UNIT);
    }),
    {numRuns: 1000},
  );
});

test('the transform agrees with mathjs within both rounding errors', () => {
  const size = 128;
  fc.assert(
    fc.property(
      fc.array(fc.double({min: -1, max: 1, noNaN: true}), {minLength: 256, maxLength: 256}),
      (all) => {
        const re = Float64Array.from(all.slice(0, size));
        const im = Float64Array.from(all.slice(size));
        const theirs = mathFft<Complex[]>(Array.from(re, (x, i) => complex(x, im[i]!)));
        const sum = all.reduce((total, x) => total + Math.abs(x), 0);
        fft(re, im, rootsOfUnity(size));
        theirs.forEach((value, k) => {
          // Theirs computes each phase of each level anew: allow it ten times our error.
          expect(Math.hypot(re[k]! - value.re, im[k]! - value.im)).toBeLessThanOrEqual(
            11 * sum * fftError(size),
          );
        });
      },
    ),
    {numRuns: 10},
  );
});
