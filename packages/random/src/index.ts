export {type RandomSource} from './source.js';
export {secureSource} from './secure.js';
export {seededSource} from './seeded.js';
export {WordReader} from './word_reader.js';
export {boundedInteger, uniform53} from './uniform.js';
export {fillGridGaussian, GRID_GAUSSIAN_TOTAL_VARIATION, MAX_GRID_SIGMA} from './gaussian/grid_gaussian.js';
export {effectiveSamplingProbability, poissonCoin} from './bernoulli.js';
export {poissonSample, PoissonSampler, type PoissonSampleOptions} from './poisson_sample.js';
export {randomPermutation} from './permutation.js';
