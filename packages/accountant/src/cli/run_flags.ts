import type {Command} from 'commander';
import {
  requireDelta,
  requireInteger,
  requireNonNegative,
  requirePositive,
  requireProbability,
} from '../checks.js';
import {type DpEvent, gaussian, poissonSampled} from '../event.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {parseNumber} from './flags.js';

/** The flags that describe a run of Gaussians on Poisson samples; each may be missing until it is asked for. */
export interface RunFlags {
  readonly examples?: number;
  readonly batchSize?: number;
  readonly samplingProbability?: number;
  readonly noise?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly delta?: number;
  readonly epsilon?: number;
  readonly replaceOne?: true;
  readonly json?: true;
}

const DESCRIPTIONS = {
  examples: 'number of training examples N',
  'batch-size': 'expected batch size B; the sampling probability is B / N',
  'sampling-probability': 'sampling probability q, instead of --examples and --batch-size',
  noise: 'noise multiplier: noise standard deviation / clipping norm',
  epochs: 'passes over the data; the number of steps is epochs / q, rounded up',
  steps: 'number of steps, instead of --epochs',
  delta: 'probability in (0, 1), at most about 1 / N',
  epsilon: 'epsilon in nats',
} as const;

/** Adds number flags of these names, and `--replace-one` and `--json`. */
export function withRunFlags(command: Command, names: readonly (keyof typeof DESCRIPTIONS)[]): Command {
  for (const name of names) command.option(`--${name} <number>`, DESCRIPTIONS[name], parseNumber);
  return command
    .option('--replace-one', 'neighbours differ by a replaced record, instead of an added or removed one')
    .option('--json', 'print one JSON object');
}

/** The sampling probability. @throws RangeError if it is not given or out of its bounds. */
export function samplingProbabilityOf({samplingProbability, examples, batchSize}: RunFlags): number {
  if (samplingProbability !== undefined) {
    requireProbability('--sampling-probability', samplingProbability);
    return samplingProbability;
  }
  const numExamples = given('--sampling-probability, or --examples and --batch-size', examples);
  const expected = given('--batch-size', batchSize);
  requireInteger('--examples', numExamples, 1);
  requireInteger('--batch-size', expected, 1);
  if (expected > numExamples) {
    throw new RangeError(`--batch-size must be at most --examples = ${numExamples}, got ${expected}`);
  }
  return expected / numExamples;
}

/** The number of steps. @throws RangeError if it is not given or out of its bounds. */
export function stepsOf(flags: RunFlags): number {
  if (flags.steps === undefined) {
    const epochs = given('--steps or --epochs', flags.epochs);
    requirePositive('--epochs', epochs);
    const steps = Math.ceil(epochs / samplingProbabilityOf(flags));
    requireInteger('steps', steps, 1);
    return steps;
  }
  requireInteger('--steps', flags.steps, 1);
  return flags.steps;
}

/** One step. @throws RangeError if the noise is not given or out of its bounds. */
export function stepOf(flags: RunFlags): DpEvent {
  const noiseMultiplier = given('--noise', flags.noise);
  requireNonNegative('--noise', noiseMultiplier);
  return poissonSampled({
    samplingProbability: samplingProbabilityOf(flags),
    event: gaussian({noiseMultiplier}),
  });
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

/** The neighbouring relation. */
export function relationOf({replaceOne}: RunFlags): NeighbouringRelation {
  return replaceOne === true ? 'replaceOne' : 'addOrRemoveOne';
}

function given(name: string, value: number | undefined): number {
  if (value === undefined) throw new RangeError(`missing ${name}; see --help`);
  return value;
}
