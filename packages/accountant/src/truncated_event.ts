import {requireInteger, requireNonNegative, requireProbability} from './checks.js';

/**
 * Each of N = `datasetSize` records joins a batch independently with probability `samplingProbability`; of a batch of more
 * than `truncatedBatchSize` records a uniformly random subset of that size is kept; and its sum is released with normal
 * noise of `noiseMultiplier` times the sensitivity. N counts the record that the neighbouring dataset lacks.
 */
export interface TruncatedPoissonSampledGaussianEvent {
  readonly kind: 'truncatedPoissonSampledGaussian';
  readonly datasetSize: number;
  readonly samplingProbability: number;
  readonly truncatedBatchSize: number;
  readonly noiseMultiplier: number;
}

/**
 * Makes a {@link TruncatedPoissonSampledGaussianEvent}.
 * @throws RangeError unless `datasetSize` and `truncatedBatchSize` are integers >= 1, `samplingProbability` is in [0, 1] and
 *   `noiseMultiplier` is a finite number >= 0.
 */
export function truncatedPoissonSampledGaussian(options: {
  readonly datasetSize: number;
  readonly samplingProbability: number;
  readonly truncatedBatchSize: number;
  readonly noiseMultiplier: number;
}): TruncatedPoissonSampledGaussianEvent {
  const {datasetSize, samplingProbability, truncatedBatchSize, noiseMultiplier} = options;
  const event: TruncatedPoissonSampledGaussianEvent = {
    kind: 'truncatedPoissonSampledGaussian',
    datasetSize,
    samplingProbability,
    truncatedBatchSize,
    noiseMultiplier,
  };
  checkTruncatedEvent(event);
  return Object.freeze(event);
}

/** Checks the parameters, also of an event that no factory has made. */
export function checkTruncatedEvent(event: TruncatedPoissonSampledGaussianEvent): void {
  const name = (parameter: string): string => `${event.kind}: ${parameter}`;
  requireInteger(name('datasetSize'), event.datasetSize, 1);
  requireProbability(name('samplingProbability'), event.samplingProbability);
  requireInteger(name('truncatedBatchSize'), event.truncatedBatchSize, 1);
  requireNonNegative(name('noiseMultiplier'), event.noiseMultiplier);
}
