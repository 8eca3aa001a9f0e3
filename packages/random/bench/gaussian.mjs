// Normals a second from the secure source, and the cost of Poisson samples. Build first: npx tsc -b packages/random
// node packages/random/bench/gaussian.mjs
import {
  fillGridGaussian,
  PoissonSampler,
  randomPermutation,
  secureSource,
  seededSource,
} from '../dist/index.js';

const best = (repeats, run) => {
  let least = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
};

const first = performance.now();
fillGridGaussian(new Float64Array(1), 2 ** 30);
console.log(`first draw, with the table: ${(performance.now() - first).toFixed(1)} ms`);

const out = new Float64Array(2_000_000);
for (const source of [secureSource(), seededSource(1)]) {
  for (const log2Sigma of [0, 20, 26, 30, 34, 38, 42]) {
    const ms = best(7, () => fillGridGaussian(out, 2 ** log2Sigma, source));
    console.log(
      `${source.name}: sigma 2^${log2Sigma}: ${(out.length / ms / 1000).toFixed(1)} million a second`,
    );
  }
}

const small = new Float64Array(26_010);
console.log(`26,010 draws: ${best(50, () => fillGridGaussian(small, 2 ** 30)).toFixed(2)} ms`);

const sampler = new PoissonSampler({numExamples: 60_000, samplingProbability: 256 / 60_000});
console.log(`Poisson sample of 60,000: ${best(200, () => sampler.sample()).toFixed(3)} ms`);
console.log(`permutation of 60,000: ${best(50, () => randomPermutation(60_000)).toFixed(2)} ms`);
