import {describe, expect, test} from '@jest/globals';
import {secureSource} from '../secure.js';
import type {RandomSource} from '../source.js';
import {seededSource} from '../seeded.js';
import {
  isPlausibleCount,
  isPlausibleDistance,
  isPlausibleSum,
  isPlausibleVariance,
  normalTail,
} from '../testing/plausible.js';
import {scriptedSource} from '../testing/scripted_source.js';
import {fillGridGaussian, GRID_GAUSSIAN_TOTAL_VARIATION, MAX_GRID_SIGMA} from './grid_gaussian.js';

const {abs, floor, max, min} = Math; // The global is slow inside jest.

/** Bins of n / sigma, each 1/64 wide, from -8 to 8. */
const BINS_PER_SIGMA = 64;
const BIN_RANGE = 8;

/** What the tests of the law look at, of `trials` draws. */
class Sample {
  sum = 0;
  sumOfSquares = 0;
  /** Sums of products of pairs that share no draw: (0, 1), (2, 3), ... and (1, 2), (3, 4), ... */
  readonly products = [0, 0];
  /** How many of the pairs (0, 1), (2, 3), ... have both |n| > 0.75 sigma. */
  bothLarge = 0;
  readonly bins = new Float64Array(2 * BIN_RANGE * BINS_PER_SIGMA);

  constructor(
    readonly sigma: number,
    readonly trials: number,
    draw: (out: Float64Array) => void,
  ) {
    const out = new Float64Array(2 ** 18);
    for (let drawn = 0; drawn < trials; drawn += out.length) {
      const block = out.subarray(0, min(out.length, trials - drawn));
      draw(block);
      this.#add(block);
    }
  }

  #add(block: Float64Array): void {
    const large = 0.75 * this.sigma;
    let before = 0;
    for (let i = 0; i < block.length; i++) {
      const n = block[i]!;
      const x = n / this.sigma;
      this.sum += x;
      this.sumOfSquares += x * x;
      if (i > 0) this.products[(i - 1) % 2]! += (before / this.sigma) * x;
      if (i % 2 === 1 && abs(n) > large && abs(before) > large) this.bothLarge++;
      const bin = floor((x + BIN_RANGE) * BINS_PER_SIGMA);
      this.bins[max(0, min(this.bins.length - 1, bin))]!++;
      before = n;
    }
  }

  hasMean(): boolean {
    return isPlausibleSum(this.sum, this.trials);
  }

  hasVariance(): boolean {
    return isPlausibleVariance(this.sumOfSquares / this.trials, this.trials);
  }

  /** Kolmogorov and Smirnov's test at the ends of the bins. */
  hasDistribution(): boolean {
    let below = 0;
    let distance = 0;
    this.bins.forEach((count, i) => {
      // n < cut sigma, cut sigma an integer, is sigma X < cut sigma - 1/2.
      const cut = i / BINS_PER_SIGMA - BIN_RANGE - 0.5 / this.sigma;
      distance = max(distance, abs(below / this.trials - (1 - normalTail(cut))));
      below += count;
    });
    return isPlausibleDistance(distance, this.trials);
  }

  /** The numbers of draws beyond x sigma, x > 0: on each side, and together. */
  hasTail(x: number): boolean {
    const width = (BIN_RANGE - x) * BINS_PER_SIGMA;
    const total = (bins: Float64Array): number => bins.reduce((a, b) => a + b);
    const below = total(this.bins.slice(0, width));
    const above = total(this.bins.slice(-width));
    const pBelow = normalTail(x + 0.5 / this.sigma);
    const pAbove = normalTail(x - 0.5 / this.sigma);
    return (
      isPlausibleCount(below, this.trials, pBelow) &&
      isPlausibleCount(above, this.trials, pAbove) &&
      isPlausibleCount(below + above, this.trials, pBelow + pAbove)
    );
  }

  /** Neighbours do not hang together: neither in sign and size, nor in size alone. */
  hasIndependentNeighbours(): boolean {
    const pairs = this.trials / 2;
    const large = 2 * normalTail(0.75);
    return (
      this.products.every((product) => isPlausibleSum(product, pairs)) &&
      isPlausibleCount(this.bothLarge, pairs, large * large)
    );
  }
}

describe('Gaussian noise on a grid', () => {
  const sigma = 2 ** 30;
  const source = secureSource();
  const scaled =
    (factor: number) =>
    (out: Float64Array): void =>
      fillGridGaussian(out, factor * sigma, source);

  test('mean, variance, distribution and independence are those of the normal law', () => {
    const sample = new Sample(sigma, 10_000_000, scaled(1));
    expect(sample.hasMean()).toBe(true);
    expect(sample.hasVariance()).toBe(true);
    expect(sample.hasDistribution()).toBe(true);
    expect(sample.hasIndependentNeighbours()).toBe(true);
  });

  test('the tails are right up to 5 sigma and beyond; one that ends at 5 sigma would be rejected', () => {
    const sample = new Sample(sigma, 60_000_000, scaled(1));
    for (const x of [2, 3, 4, 4.5, 5]) expect(sample.hasTail(x)).toBe(true);
    const beyondFive = (BIN_RANGE - 5) * BINS_PER_SIGMA;
    sample.bins.fill(0, 0, beyondFive).fill(0, -beyondFive);
    expect(sample.hasTail(5)).toBe(false);
  });

  test('the same tests reject a scale 1 % off', () => {
    for (const factor of [0.99, 1.01]) {
      const sample = new Sample(sigma, 10_000_000, scaled(factor));
      expect(sample.hasMean()).toBe(true);
      expect(sample.hasVariance()).toBe(false);
      expect(sample.hasDistribution()).toBe(false);
      expect(sample.hasTail(3)).toBe(false);
    }
  });

  test('the same tests reject tails 5 % off, a shift, and a dependence of neighbours', () => {
    expect(new Sample(sigma, 5_000_000, scaled(1.05)).hasTail(4)).toBe(false);
    expect(new Sample(sigma, 5_000_000, scaled(0.95)).hasTail(4)).toBe(false);

    const shifted = new Sample(sigma, 2_000_000, (out) => {
      scaled(1)(out);
      for (let i = 0; i < out.length; i++) out[i]! += 0.01 * sigma;
    });
    expect(shifted.hasMean()).toBe(false);

    const mixed = new Sample(sigma, 2_000_000, (out) => {
      scaled(1)(out);
      for (let i = 1; i < out.length; i++) out[i] = 0.9999 * out[i]! + 0.014 * out[i - 1]!;
    });
    expect(mixed.hasVariance()).toBe(true);
    expect(mixed.hasIndependentNeighbours()).toBe(false);
  });

  test('at small sigma every integer, and every tail, has its exact probability', () => {
    const draws = 2_000_000;
    const out = new Float64Array(draws);
    const holds = (drawn: number, assumed: number): boolean => {
      fillGridGaussian(out, drawn, source);
      const reach = Math.ceil(7 * assumed); // Beyond it 2.6e-12 a draw.
      const counts = new Float64Array(2 * reach + 1);
      for (const n of out) counts[max(0, min(2 * reach, n + reach))]!++;
      const tail = (n: number): number => normalTail((n + 0.5) / assumed);
      let beyond = draws - counts[reach]!;
      let isLaw = isPlausibleCount(draws - beyond, draws, 1 - 2 * tail(0));
      for (let n = 1; n <= reach; n++) {
        const p = tail(n - 1) - tail(n);
        isLaw &&= isPlausibleCount(beyond, draws, 2 * tail(n - 1));
        isLaw &&= isPlausibleCount(counts[reach - n]!, draws, p);
        isLaw &&= isPlausibleCount(counts[reach + n]!, draws, p);
        beyond -= counts[reach - n]! + counts[reach + n]!;
      }
      return isLaw;
    };
    for (const small of [0.3, 1, 3]) {
      expect(holds(small, small)).toBe(true);
      expect(holds(1.01 * small, small)).toBe(false);
      expect(holds(0.99 * small, small)).toBe(false);
    }
  });

  test('the grid step does not show: all residues occur alike', () => {
    const draws = 1_000_000;
    const out = new Float64Array(draws);
    fillGridGaussian(out, 2 ** 34, source);
    const counts = new Float64Array(16);
    for (const n of out) counts[((n % 16) + 16) % 16]!++;
    counts.forEach((count) => expect(isPlausibleCount(count, draws, 1 / 16)).toBe(true));
  });

  test('writes integers, never -0', () => {
    const out = new Float64Array(50_000);
    for (const grid of [1e-300, 0.1, 1, 2 ** 20, MAX_GRID_SIGMA]) {
      fillGridGaussian(out.subarray(0, grid === MAX_GRID_SIGMA ? 2000 : out.length), grid, seededSource(1));
      expect(out.every((n) => Number.isSafeInteger(n) && !Object.is(n, -0))).toBe(true);
    }
  });

  test('sigma 0 gives zeros and draws nothing', () => {
    const out = new Float64Array(5).fill(7);
    const unused = {
      ...seededSource(1),
      fill: () => {
        throw new Error('drawn');
      },
    };
    fillGridGaussian(out, 0, unused);
    expect([...out]).toEqual([0, 0, 0, 0, 0]);
    fillGridGaussian(new Float64Array(0), 1, seededSource(1));
  });

  test('first words decide sign and size; words that are all 0 or all 1 are the ends of the law', () => {
    const draw = (...words: number[]): number => {
      const out = new Float64Array(1);
      fillGridGaussian(out, 2 ** 34, scriptedSource(...words));
      return out[0]!;
    };
    expect(draw(0)).toBe(320753360539);
    expect(draw(0x80000000, 0)).toBe(-320753360539);
    expect(draw(0xffffffff)).toBe(0);
    expect(Object.is(draw(0xffffffff), -0)).toBe(false);
    // v = 1/2 and just below: the quartile of the normal law, 0.674489750196 sigma.
    expect(draw(0x40000000, 0)).toBe(11587645674);
    expect(draw(0x3fffffff, 0xffffffff)).toBe(11587645674);
  });

  test('every word is used once: blocks do not repeat, and a fill is not the one before', () => {
    const drawn = new Set<number>();
    const out = new Float64Array(20_000);
    for (let i = 0; i < 3; i++) {
      fillGridGaussian(out, 2 ** 46, source);
      out.forEach((n) => drawn.add(n));
    }
    // Two equal among 60,000 draws at this sigma have probability 7e-6, two such pairs 3e-11.
    expect(drawn.size).toBeGreaterThanOrEqual(60_000 - 1);
  });

  test('a seed repeats its draws', () => {
    const draws = [5, 5, 6].map((seed) => {
      const out = new Float64Array(10_000);
      fillGridGaussian(out, 1e6, seededSource(seed));
      return out;
    });
    expect(draws[0]).toEqual(draws[1]);
    expect(draws[0]).not.toEqual(draws[2]);
  });

  test('noise that a source draws while it is asked, or a source that throws, changes none of ours', () => {
    const noiseOf = (from: RandomSource): Float64Array => {
      const out = new Float64Array(20_000);
      fillGridGaussian(out, sigma, from);
      return out;
    };
    const withinFill = (before: () => void): RandomSource => {
      const plain = seededSource(5);
      const fill: RandomSource['fill'] = (words) => {
        plain.fill(words);
        before();
      };
      return {...plain, fill};
    };
    const expected = noiseOf(seededSource(5));
    const nested = withinFill(() => noiseOf(seededSource(6)));
    expect(noiseOf(nested)).toEqual(expected);
    const failing = withinFill(() => {
      throw new Error('no more words');
    });
    expect(() => noiseOf(failing)).toThrow('no more words');
    expect(noiseOf(seededSource(5))).toEqual(expected);
  });

  test('refuses a sigma that is negative, not a number, or too large', () => {
    for (const sigma of [-1, NaN, Infinity, 2 ** 48 + 1]) {
      expect(() => fillGridGaussian(new Float64Array(1), sigma)).toThrow(
        `sigmaInGridUnits must be in [0, 2^48], got ${sigma}`,
      );
    }
  });

  test('states a distance that no training run comes near', () => {
    expect(GRID_GAUSSIAN_TOTAL_VARIATION).toBeLessThanOrEqual(2 ** -64);
  });
});
