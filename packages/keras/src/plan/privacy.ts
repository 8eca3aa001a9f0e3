import type {Ledger} from '@dp/optimizers';
import type {RandomSource} from '@dp/random';

import type {PrivacyUnit, SamplingChoice} from './sampling.js';

/** What `compile` is told of privacy. Everything is a public constant. */
export interface PrivacyConfig {
  /** N, the number of training records. */
  readonly numExamples: number;
  /** In (0, 1), and smaller than 1 / N: otherwise a record may be published as it is, which is warned of. */
  readonly delta: number;
  /**
   * The epsilon that the planned run may spend: the noise multiplier is the smallest that keeps it. Needs an `optimizer` that
   * is a function of the calibrated options, and is a `budget` as well.
   */
  readonly targetEpsilon?: number;
  /** Training stops before the step that would pass this epsilon, and refuses to go on. Default: `targetEpsilon`, or none. */
  readonly budget?: number;
  /** How batches are drawn. Default: `'poisson'`. */
  readonly sampling?: SamplingChoice;
  /** Whose records are private together. Default: `'example'`, each record by itself. */
  readonly unit?: PrivacyUnit;
  /**
   * What the validation examples are: `'public'`, of people who need no protection; or `'disjoint'`, of people none of whose
   * records is trained on. Needed for `validationSplit`; declared, and not checked.
   */
  readonly validation?: 'public' | 'disjoint';
  /** Epochs that `targetEpsilon` is calibrated for, over all calls of `fit`. Default: those of the first. */
  readonly plannedEpochs?: number;
  /** Where releases are recorded, for an `optimizer` that is a function. Default: a new ledger in memory. */
  readonly ledger?: Ledger;
  /** What draws batches, and noise for an `optimizer` that is a function. Default: secure. A seeded source is for tests. */
  readonly randomSource?: RandomSource;
}
