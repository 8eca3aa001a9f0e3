import type {Sampling} from './sampling.js';

/** What a release is of. */
export type ReleaseKind =
  /** A sum of clipped gradients. */
  | 'gradientSum'
  /** How many gradients were below the clip norm: what adaptive clipping learns from. */
  | 'belowClipCount'
  /** How many predictions were right. */
  | 'accuracyCount';

/** How noise was added. */
export type Mechanism =
  /** Fresh noise for this release alone. */
  | {readonly kind: 'gaussian'}
  /** The prefix sum at `leaf` of binary tree `tree` of at most `maxLeaves` leaves; both are numbered from 0. */
  | {readonly kind: 'tree'; readonly tree: number; readonly leaf: number; readonly maxLeaves: number};

/** Who made a release. */
export interface ReleasingOptimizer {
  readonly className: string;
  /** Unique in its ledger. */
  readonly id: string;
}

/**
 * One release: one noisy sum that left the private region. A row holds public constants only: nothing about who was
 * drawn, how many, or what their gradients were.
 */
export interface LedgerRow {
  /** Format of the row. */
  readonly version: 1;
  /** Number of this release in its ledger, from 0. */
  readonly release: number;
  readonly what: ReleaseKind;
  readonly optimizer: ReleasingOptimizer;
  /** Number of the optimizer's step, from 0. A step that failed and was tried again has rows for both. */
  readonly step: number;
  readonly mechanism: Mechanism;
  /** Releases with one batch id are one event (privacy rule 6). */
  readonly batchId: string;
  readonly sampling: Sampling;
  /** Standard deviation of the noise on the sum, divided by `sensitivity`. */
  readonly noiseMultiplier: number;
  /** L2 bound of what one record can change in the sum: when it is added, removed or zeroed out. Includes rounding. */
  readonly sensitivity: number;
  /**
   * The norm that gradients were clipped to, over all parameters together; for a count of gradients the norm it is about, for
   * one of predictions what each adds at most.
   */
  readonly l2NormClip: number;
  /** The clipping mode in words, with its constants; `flat` is one norm over all parameters. */
  readonly clipping: string;
  readonly microbatchSize: number;
  /** The public constant that the noisy sum was divided by. */
  readonly divisor: number;
  /** Power of two that sums and noise are multiples of. */
  readonly grid: number;
  readonly numParameters: number;
  /** Where the noise came from; a source that is not secure protects nobody. */
  readonly random: {readonly name: string; readonly secure: boolean};
  /**
   * What drew the batch; absent where nothing was drawn by chance, or it is not known. Under Poisson sampling the guarantee
   * rests on it, and a source that is not secure amplifies nothing for whoever knows its seed.
   */
  readonly samplerRandom?: {readonly name: string; readonly secure: boolean};
}
