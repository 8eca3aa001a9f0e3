import type {Ledger, PrivateAccuracyOptions} from '@dp/optimizers';

import type {PrivacyConfig} from './privacy.js';

/** A noisy count of right predictions over the validation examples, after each epoch. All are public constants. */
export interface ValidationCount {
  /** Of the validation. */
  readonly numExamples: number;
  /** Standard deviation of the noise on the count. */
  readonly countNoise: number;
}

/** Where a count is made. */
export interface CountPlace {
  readonly privacy: PrivacyConfig;
  readonly ledger: Ledger;
  /** Class of the optimizer whose model it is. */
  readonly className: string;
  /** Steps done. */
  readonly step: number;
}

/** A count as a release: what it is of, and on whose word it is apart from the training data. */
export function countOptions(
  count: ValidationCount,
  {privacy: {validation, randomSource}, ledger, className, step}: CountPlace,
): PrivateAccuracyOptions {
  return {
    ...count,
    of: {dataset: 'validation', disjoint: validation !== undefined},
    ledger,
    optimizer: {className, id: 'validation'},
    step,
    ...(randomSource !== undefined && {randomSource}),
  };
}
