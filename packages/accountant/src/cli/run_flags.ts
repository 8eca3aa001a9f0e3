import type {Command} from 'commander';
import {
  requireDelta,
  requireInteger,
  requireNonNegative,
  requireOneOf,
  requirePositive,
  requireProbability,
} from '../checks.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {parseNumber} from './flags.js';

/** The flags of all commands; each may be missing until it is asked for. */
export interface RunFlags {
  readonly N?: number;
  readonly batch_size?: number;
  readonly sampling_probability?: number;
  readonly noise_multiplier?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly delta?: number;
  readonly epsilon?: number;
  readonly microbatch_size?: number;
  readonly max_examples_per_user?: number;
  readonly tolerance?: number;
  readonly from?: number;
  readonly to?: number;
  readonly points?: number;
  readonly sampling?: string;
  readonly neighboring?: string;
  readonly accountant?: string;
  readonly over?: string;
  readonly svg?: string;
  readonly json?: true;
}

const NUMBERS = {
  N: 'number of training examples',
  batch_size: 'expected batch size B; the sampling probability is B / N',
  sampling_probability: 'sampling probability q, instead of --N and --batch_size',
  noise_multiplier: 'noise standard deviation / clipping norm',
  epochs: 'passes over the data; the number of steps is epochs / q, rounded up',
  steps: 'number of steps, instead of --epochs',
  delta: 'probability in (0, 1), at most about 1 / N',
  epsilon: 'epsilon in nats',
  microbatch_size: 'examples whose gradients are averaged before clipping (default: 1)',
  max_examples_per_user: 'protect all examples of one user, who has at most this many',
  tolerance: 'relative width of the bounds (default: 0.001)',
  from: 'where the curve starts',
  to: 'where the curve ends',
  points: 'points of the curve (default: 30)',
} as const;

const WORDS = {
  sampling: 'how batches are made: poisson (default), once_per_epoch (shuffled or fixed order) or unknown',
  neighboring: 'add_or_remove_one (default for poisson), replace_special (zeroed out) or replace_one',
  accountant: 'whose bound to meet: pld (default, tight) or rdp',
  over: 'what the curve runs over: epochs (default) or noise_multiplier',
  svg: 'write the curve to this file, as SVG',
} as const;

/** The name of a flag, without its dashes. */
export type FlagName = keyof typeof NUMBERS | keyof typeof WORDS;

/** All names, for their other spellings. */
export const FLAG_NAMES: readonly string[] = [...Object.keys(NUMBERS), ...Object.keys(WORDS), 'json', 'help'];

/** Rounding of quotients must not add a step, or an epoch, where they come out even. */
const ONE_LESS_ROUNDING = 1 - 2 ** -50;

/** Adds flags of these names, and `--json`. */
export function withRunFlags(command: Command, names: readonly FlagName[]): Command {
  for (const name of names) {
    if (name in NUMBERS) {
      command.option(`--${name} <number>`, NUMBERS[name as keyof typeof NUMBERS], parseNumber);
    } else {
      command.option(`--${name} <${name === 'svg' ? 'file' : 'name'}>`, WORDS[name as keyof typeof WORDS]);
    }
  }
  return command.option('--json', 'print one JSON object');
}

/** The sampling probability. @throws RangeError if it is not given or out of its bounds. */
export function samplingProbabilityOf(flags: RunFlags): number {
  const {sampling_probability: samplingProbability} = flags;
  if (samplingProbability !== undefined) {
    if (flags.N !== undefined || flags.batch_size !== undefined) {
      throw new RangeError('--sampling_probability must be left out where --N and --batch_size are given');
    }
    requireProbability('--sampling_probability', samplingProbability);
    requirePositive('--sampling_probability', samplingProbability);
    return samplingProbability;
  }
  const {numExamples, batchSize} = sizesOf(flags, '--N and --batch_size, or --sampling_probability');
  return batchSize / numExamples;
}

/** Number of examples and expected batch size. @throws RangeError if they are not given or out of their bounds. */
export function sizesOf(flags: RunFlags, names = '--N'): {numExamples: number; batchSize: number} {
  const numExamples = given(names, flags.N);
  const batchSize = given('--batch_size', flags.batch_size);
  requireInteger('--N', numExamples, 1);
  requireInteger('--batch_size', batchSize, 1);
  if (batchSize > numExamples) {
    throw new RangeError(`--batch_size must be at most --N = ${numExamples}, got ${batchSize}`);
  }
  return {numExamples, batchSize};
}

/** The number of steps. @throws RangeError if it is not given or out of its bounds. */
export function stepsOf(flags: RunFlags): number {
  const {steps} = flags;
  if (steps === undefined)
    return stepsAfter(epochsOf(flags, '--epochs or --steps'), samplingProbabilityOf(flags));
  if (flags.epochs !== undefined) throw new RangeError('--steps must be left out where --epochs is given');
  requireInteger('--steps', steps, 1);
  return steps;
}

/** The number of steps of some epochs. @throws RangeError if a double can't count them. */
export function stepsAfter(epochs: number, samplingProbability: number): number {
  const steps = Math.ceil((epochs / samplingProbability) * ONE_LESS_ROUNDING);
  requireInteger('the number of steps', steps, 1);
  return steps;
}

/** Passes over the data, of some steps. */
export function epochsAfter(steps: number, samplingProbability: number): number {
  return steps * samplingProbability * ONE_LESS_ROUNDING;
}

/** Passes over the data. @throws RangeError if they are not given or not above 0. */
export function epochsOf({epochs}: RunFlags, names = '--epochs'): number {
  const value = given(names, epochs);
  requirePositive('--epochs', value);
  return value;
}

/** The noise multiplier. @throws RangeError if it is not given or out of its bounds. */
export function noiseOf(flags: RunFlags): number {
  const value = given('--noise_multiplier', flags.noise_multiplier);
  requireNonNegative('--noise_multiplier', value);
  return value;
}

/** Delta. @throws RangeError if it is not given or out of its bounds. */
export function deltaOf({delta}: RunFlags): number {
  const value = given('--delta', delta);
  requireDelta('--delta', value);
  return value;
}

/** Epsilon. @throws RangeError if it is not given or not above 0. */
export function epsilonOf({epsilon}: RunFlags): number {
  const value = given('--epsilon', epsilon);
  requirePositive('--epsilon', value);
  return value;
}

/** The width of the bounds. @throws RangeError if it is out of its bounds. */
export function toleranceOf({tolerance = 1e-3}: RunFlags): number {
  requirePositive('--tolerance', tolerance);
  if (tolerance >= 1) throw new RangeError(`--tolerance must be < 1, got ${tolerance}`);
  return tolerance;
}

/** How batches are made. @throws RangeError for an unknown word. */
export function samplingOf({sampling = 'poisson'}: RunFlags): 'poisson' | 'oncePerEpoch' | 'unknown' {
  requireOneOf('--sampling', sampling, ['poisson', 'once_per_epoch', 'unknown']);
  return sampling === 'once_per_epoch' ? 'oncePerEpoch' : sampling === 'unknown' ? 'unknown' : 'poisson';
}

/** The neighbouring relation, by default the one that goes with the sampling. @throws RangeError if it does not go with it. */
export function relationOf(flags: RunFlags): NeighbouringRelation {
  const poisson = samplingOf(flags) === 'poisson';
  const {neighboring = poisson ? 'add_or_remove_one' : 'replace_special'} = flags;
  requireOneOf('--neighboring', neighboring, ['add_or_remove_one', 'replace_one', 'replace_special']);
  if (neighboring === 'add_or_remove_one') {
    if (poisson) return 'addOrRemoveOne';
    throw new RangeError(
      "--neighboring must be 'replace_special' or 'replace_one' unless batches are Poisson-sampled, got " +
        "'add_or_remove_one': one more record would shift every later batch",
    );
  }
  return neighboring === 'replace_one' ? 'replaceOne' : 'replaceSpecial';
}

function given(names: string, value: number | undefined): number {
  if (value === undefined) throw new RangeError(`missing ${names}; see --help`);
  return value;
}
