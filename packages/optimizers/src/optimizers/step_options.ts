import type * as tf from '@tensorflow/tfjs-core';

import type {DeclaredSources} from '../tape/sources.js';

/** What a step on a drawn batch may be told. */
export interface DrawnStepOptions {
  /** Default: all trainable variables, each of which the loss must then reach. */
  readonly varList?: readonly tf.Variable[] | undefined;
  /**
   * Returns a scalar that depends on variables alone, such as weight regularizers. Its gradient is added after the noise, to an
   * empty batch's too. Default: none.
   */
  readonly penalty?: (() => tf.Tensor) | undefined;
}

/** The same, and what is known of a batch that comes in one piece. */
export interface DrawnOptions extends DrawnStepOptions, DeclaredSources {}

/** The same for a batch that comes in pieces. */
export interface PiecesOptions extends DrawnStepOptions {
  /** Ends the step between two pieces, by throwing its reason; nothing is released then. */
  readonly signal?: AbortSignal | undefined;
}
