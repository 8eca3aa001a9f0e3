import type {PrivacySpent} from '@dp/optimizers';

/** What a model does on test data, which has no guarantee: the accuracy, and what else the tutorial tells. */
export interface Evaluation {
  readonly accuracy: number;
  readonly perplexity?: number;
  /** Printed after the accuracy. */
  readonly lines?: readonly string[];
}

/** A run after an epoch: test data and public constants only, so that it may be written to files. */
export interface EpochRecord {
  readonly epoch: number;
  readonly accuracy: number;
  readonly perplexity?: number;
  readonly epsilon?: number;
  readonly epsilonClassic?: number;
}

export function epochRecord(
  epoch: number,
  {accuracy, perplexity}: Evaluation,
  spent: PrivacySpent | undefined,
): EpochRecord {
  return {
    epoch,
    accuracy,
    ...(perplexity !== undefined && {perplexity}),
    ...(spent !== undefined && {epsilon: spent.epsilon, epsilonClassic: spent.epsilonClassic}),
  };
}
