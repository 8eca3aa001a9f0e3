import {
  requireFinite,
  requireInteger,
  requireNonNegative,
  requirePositive,
  requireProbability,
} from './checks.js';
import {checkSelectionEvent, type SelectionEvent} from './selection_event.js';
import {checkTruncatedEvent, type TruncatedPoissonSampledGaussianEvent} from './truncated_event.js';

/**
 * A mechanism without events inside, given by its parameters alone. Noise parameters are relative to what one record
 * contributes under add-or-remove-one.
 */
export type LeafEvent =
  | LaplaceEvent
  | DiscreteLaplaceEvent
  | DiscreteGaussianEvent
  | RandomizedResponseEvent
  | ZCdpEvent
  | EpsilonDeltaEvent
  | MixtureOfGaussiansEvent
  | SelectionEvent
  | TruncatedPoissonSampledGaussianEvent
  | SingleEpochTreeAggregationEvent;

/** M(D) = f(D) + X, X of density e^(-|x| / b) / (2 b), b = `noiseMultiplier` > 0, |f(D) - f(D')|_1 <= 1. */
export interface LaplaceEvent {
  readonly kind: 'laplace';
  readonly noiseMultiplier: number;
}

/** M(D) = f(D) + X for integers, P(X = x) proportional to e^(-a |x|), a = `parameter` > 0, |f(D) - f(D')| <= `sensitivity`. */
export interface DiscreteLaplaceEvent {
  readonly kind: 'discreteLaplace';
  readonly parameter: number;
  readonly sensitivity: number;
}

/** M(D) = f(D) + X for integers, P(X = x) proportional to e^(-x^2 / (2 sigma^2)), |f(D) - f(D')| <= `sensitivity`. */
export interface DiscreteGaussianEvent {
  readonly kind: 'discreteGaussian';
  readonly sigma: number;
  readonly sensitivity: number;
}

/**
 * Each record's value, one of k = `numBuckets` >= 2, is kept with probability 1 - p and replaced by a uniform one with
 * probability p = `noiseParameter` in (0, 1]. A zeroed-out record's value is uniform.
 */
export interface RandomizedResponseEvent {
  readonly kind: 'randomizedResponse';
  readonly noiseParameter: number;
  readonly numBuckets: number;
}

/** Any mechanism with a Renyi divergence of at most `rho` * alpha at every order alpha > 1 (Bun and Steinke 2016). */
export interface ZCdpEvent {
  readonly kind: 'zCDP';
  readonly rho: number;
}

/** Any mechanism that is (`epsilon`, `delta`)-private. */
export interface EpsilonDeltaEvent {
  readonly kind: 'epsilonDelta';
  readonly epsilon: number;
  readonly delta: number;
}

/**
 * M(D) = s + N(0, `standardDeviation`^2) with the record there, where s is drawn from `sensitivities` >= 0 by
 * `probabilities`; and N(0, `standardDeviation`^2) without it: several of a user's records in one Poisson sample.
 */
export interface MixtureOfGaussiansEvent {
  readonly kind: 'mixtureOfGaussians';
  readonly standardDeviation: number;
  readonly sensitivities: readonly number[];
  readonly probabilities: readonly number[];
}

/**
 * Prefix sums released by binary trees (Kairouz et al. 2021, "Practical and Private (Deep) Learning Without Sampling or
 * Shuffling"), one tree for each of `stepCounts`; each node has noise `noiseMultiplier`, and a record is in one leaf only.
 */
export interface SingleEpochTreeAggregationEvent {
  readonly kind: 'singleEpochTreeAggregation';
  readonly noiseMultiplier: number;
  readonly stepCounts: readonly number[];
}

/** Makes a {@link LaplaceEvent}. @throws RangeError unless `noiseMultiplier` > 0. */
export function laplace(options: {readonly noiseMultiplier: number}): LaplaceEvent {
  const {noiseMultiplier} = options;
  return made({kind: 'laplace', noiseMultiplier});
}

/** Makes a {@link DiscreteLaplaceEvent}. @throws RangeError unless `parameter` > 0 and `sensitivity` is an integer >= 1. */
export function discreteLaplace(options: {
  readonly parameter: number;
  readonly sensitivity: number;
}): DiscreteLaplaceEvent {
  const {parameter, sensitivity} = options;
  return made({kind: 'discreteLaplace', parameter, sensitivity});
}

/** Makes a {@link DiscreteGaussianEvent}. @throws RangeError unless `sigma` > 0 and `sensitivity` is an integer >= 1. */
export function discreteGaussian(options: {
  readonly sigma: number;
  readonly sensitivity: number;
}): DiscreteGaussianEvent {
  const {sigma, sensitivity} = options;
  return made({kind: 'discreteGaussian', sigma, sensitivity});
}

/** Makes a {@link RandomizedResponseEvent}. @throws RangeError for parameters out of their bounds. */
export function randomizedResponse(options: {
  readonly noiseParameter: number;
  readonly numBuckets: number;
}): RandomizedResponseEvent {
  const {noiseParameter, numBuckets} = options;
  return made({kind: 'randomizedResponse', noiseParameter, numBuckets});
}

/** Makes a {@link ZCdpEvent}. @throws RangeError unless `rho` >= 0. */
export function zCDP(options: {readonly rho: number}): ZCdpEvent {
  const {rho} = options;
  return made({kind: 'zCDP', rho});
}

/** Makes an {@link EpsilonDeltaEvent}. @throws RangeError unless `epsilon` >= 0 and `delta` is in [0, 1]. */
export function epsilonDelta(options: {readonly epsilon: number; readonly delta: number}): EpsilonDeltaEvent {
  const {epsilon, delta} = options;
  return made({kind: 'epsilonDelta', epsilon, delta});
}

/** Makes a {@link MixtureOfGaussiansEvent}. @throws RangeError for parameters out of their bounds. */
export function mixtureOfGaussians(options: {
  readonly standardDeviation: number;
  readonly sensitivities: readonly number[];
  readonly probabilities: readonly number[];
}): MixtureOfGaussiansEvent {
  const {standardDeviation} = options;
  const sensitivities = Object.freeze([...options.sensitivities]);
  const probabilities = Object.freeze([...options.probabilities]);
  return made({kind: 'mixtureOfGaussians', standardDeviation, sensitivities, probabilities});
}

/** Makes a {@link SingleEpochTreeAggregationEvent}. @throws RangeError for parameters out of their bounds. */
export function singleEpochTreeAggregation(options: {
  readonly noiseMultiplier: number;
  readonly stepCounts: readonly number[];
}): SingleEpochTreeAggregationEvent {
  const {noiseMultiplier} = options;
  const stepCounts = Object.freeze([...options.stepCounts]);
  return made({kind: 'singleEpochTreeAggregation', noiseMultiplier, stepCounts});
}

/** Checks the parameters of a leaf event, also one that no factory has made. */
export function checkLeafEvent(event: LeafEvent): void {
  const name = (parameter: string): string => `${event.kind}: ${parameter}`;
  switch (event.kind) {
    case 'laplace':
      requirePositive(name('noiseMultiplier'), event.noiseMultiplier);
      return;
    case 'discreteLaplace':
      requirePositive(name('parameter'), event.parameter);
      requireInteger(name('sensitivity'), event.sensitivity, 1);
      return;
    case 'discreteGaussian':
      requirePositive(name('sigma'), event.sigma);
      requireInteger(name('sensitivity'), event.sensitivity, 1);
      return;
    case 'randomizedResponse':
      requireProbability(name('noiseParameter'), event.noiseParameter);
      requirePositive(name('noiseParameter'), event.noiseParameter);
      requireInteger(name('numBuckets'), event.numBuckets, 2);
      return;
    case 'zCDP':
      requireNonNegative(name('rho'), event.rho);
      return;
    case 'epsilonDelta':
      requireNonNegative(name('epsilon'), event.epsilon);
      requireProbability(name('delta'), event.delta);
      return;
    case 'mixtureOfGaussians':
      requirePositive(name('standardDeviation'), event.standardDeviation);
      requireList(name('sensitivities'), event.sensitivities, requireNonNegative);
      requireList(name('probabilities'), event.probabilities, requireProbability);
      requireDistribution(event);
      return;
    case 'exponentialMechanism':
    case 'permuteAndFlip':
      checkSelectionEvent(event);
      return;
    case 'truncatedPoissonSampledGaussian':
      checkTruncatedEvent(event);
      return;
    case 'singleEpochTreeAggregation':
      requirePositive(name('noiseMultiplier'), event.noiseMultiplier);
      requireList(name('stepCounts'), event.stepCounts, (each, value) => requireInteger(each, value, 1));
      return;
  }
}

/** The kinds of leaf events, for tables. */
export const LEAF_KINDS = [
  'laplace',
  'discreteLaplace',
  'discreteGaussian',
  'randomizedResponse',
  'zCDP',
  'epsilonDelta',
  'mixtureOfGaussians',
  'exponentialMechanism',
  'permuteAndFlip',
  'truncatedPoissonSampledGaussian',
  'singleEpochTreeAggregation',
] as const satisfies readonly LeafEvent['kind'][];

/** Whether an event is one of those of this file. */
export function isLeafEvent(event: {readonly kind: string}): event is LeafEvent {
  return (LEAF_KINDS as readonly string[]).includes(event.kind);
}

/** The event as its factory call. */
export function leafEventText({kind, ...parameters}: LeafEvent): string {
  const entries = Object.entries(parameters).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `${kind}({${entries.join(', ')}})`;
}

function made<E extends LeafEvent>(event: E): E {
  checkLeafEvent(event);
  return Object.freeze(event);
}

function requireList(
  name: string,
  values: readonly number[],
  check: (name: string, value: number) => void,
): void {
  if (!Array.isArray(values) || values.length === 0)
    throw new TypeError(`${name} must be an array of at least one number`);
  for (const value of values as readonly number[]) check(name, value);
}

function requireDistribution({sensitivities, probabilities}: MixtureOfGaussiansEvent): void {
  if (sensitivities.length !== probabilities.length) {
    throw new RangeError(
      `mixtureOfGaussians: probabilities must be as many as sensitivities, ${sensitivities.length}, got ${probabilities.length}`,
    );
  }
  const sum = probabilities.reduce((total, probability) => total + probability, 0);
  requireFinite('mixtureOfGaussians: sum of probabilities', sum);
  if (Math.abs(sum - 1) > 1e-12) {
    throw new RangeError(`mixtureOfGaussians: probabilities must add up to 1, got ${sum}`);
  }
}
