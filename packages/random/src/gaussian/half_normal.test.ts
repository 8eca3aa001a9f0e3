import {describe, expect, test} from '@jest/globals';
import {exp, halfNormal, integerRoot, pi} from './half_normal.js';

/** A decimal number in 2^-bits units, floored. */
function fixed(decimal: string, bits: number): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return (BigInt(whole + fraction) << BigInt(bits)) / 10n ** BigInt(fraction.length);
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}

// Computed with mpmath at 120 digits: b as a fraction, erfc(b / sqrt 2), sqrt(2/pi) exp(-b^2/2).
const KNOWN: readonly (readonly [bigint, bigint, string, string])[] = [
  [
    1n,
    2n,
    '0.617075077451973792724590778783324520232795648890844126358447',
    '0.704130653528598955549360883193035306220630360751423899310938',
  ],
  [
    1n,
    1n,
    '0.317310507862914102829534908735924155044174066546791218025211',
    '0.483941449038286699595660385871121309657343941474870050975110',
  ],
  [
    3n,
    1n,
    '0.00269979606326018905330362953518995475565873631676129872844397',
    '0.00886369682387601435120470539224202248633746360868208651449819',
  ],
  [
    8n,
    1n,
    `0.${'0'.repeat(14)}124419211485435682470319903451763768449774345578005516030475`,
    `0.${'0'.repeat(13)}101045421670737845759003692310216693206993962165796878691577`,
  ],
  [
    15n,
    1n,
    `0.${'0'.repeat(50)}734193239862550177157217931066948697283250325608031494931875`,
    `0.${'0'.repeat(48)}110614190996888323183235364407616727373684013791460039294647`,
  ],
  [
    39n,
    2n,
    `0.${'0'.repeat(83)}109782309513208198950955285`,
    `0.${'0'.repeat(82)}2146355668136530313847219303`,
  ],
];

describe('half normal law in integer arithmetic', () => {
  test.each([64, 96, 159, 190])(
    'tail and density agree with known constants to the last of %i bits',
    (bits) => {
      for (const [numerator, denominator, tail, density] of KNOWN) {
        const known = halfNormal(numerator, denominator, bits);
        expect(distance(known.tail, fixed(tail, bits))).toBeLessThanOrEqual(2n);
        expect(distance(known.density, fixed(density, bits))).toBeLessThanOrEqual(2n);
      }
    },
  );

  test('more precision refines what less precision gave, within one unit, up to the largest precision', () => {
    for (let i = 1n; i < 200n; i++) {
      const fine = halfNormal(i, 10n, 287).tail;
      for (const bits of [96, 159, 223]) {
        const coarse = halfNormal(i, 10n, bits).tail;
        const dropped = BigInt(287 - bits);
        expect(distance(coarse << dropped, fine)).toBeLessThanOrEqual((1n << dropped) + 1n);
      }
    }
  });

  test('at 0 the tail is 1, and beyond 20 it is nothing', () => {
    expect(halfNormal(0n, 1n, 100).tail).toBe(1n << 100n);
    expect(halfNormal(20n, 1n, 288)).toEqual({tail: 0n, density: 0n});
    expect(halfNormal(10n ** 400n, 1n, 288).tail).toBe(0n);
  });

  test('pi, exp and the square root agree with known constants', () => {
    expect(
      distance(pi(190), fixed('3.14159265358979323846264338327950288419716939937510582097494', 190)),
    ).toBeLessThan(2n);
    expect(integerRoot(2n << 380n)).toBe(
      fixed('1.41421356237309504880168872420969807856967187537694807317668', 190),
    );
    for (let n = 1n; n < 1000n; n++) {
      const root = integerRoot(n);
      expect(root * root <= n && n < (root + 1n) * (root + 1n)).toBe(true);
    }
    const relativeError = (w: string, value: string): number =>
      Number(distance(exp(fixed(w, 170), 170), fixed(value, 170))) / Number(fixed(value, 170));
    expect(
      relativeError('1.0', '2.71828182845904523536028747135266249775724709369995957496697'),
    ).toBeLessThan(2 ** -153);
    expect(
      relativeError('12.5', '268337.286520874456956479673787150402725790622749064052779476'),
    ).toBeLessThan(2 ** -153);
  });
});
