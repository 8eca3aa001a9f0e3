import * as tf from '@tensorflow/tfjs-core';

import {boolean, fraction, positiveInteger} from '../checks.js';
import {TreeAggregation} from '../tree/aggregation.js';
import type {PrivateOptimizerOptions} from './options.js';
import {PrivateOptimizer} from './private_optimizer.js';
import {registerOptimizer} from './registered_class.js';

/** Options of `dpFTRL`. All are public constants. */
export interface DpFtrlOptions extends PrivateOptimizerOptions {
  /** Step size on the prefix sums. Greater than 0. Constant: their noise cancels from step to step only then. */
  readonly learningRate: number;
  /** What the accumulated step is multiplied by. In [0, 1). Default: 0. */
  readonly momentum?: number;
  /** Whether to take Nesterov's step. Default: false. */
  readonly useNesterov?: boolean;
  /**
   * After so many steps a new tree begins by itself: the steps of an epoch, so that each record takes part once in a tree.
   * A longer tree has less noise a step, and costs more where records come again (privacy rule 20).
   */
  readonly stepsPerTree: number;
}

/** Follow-the-regularized-leader on noisy prefix sums. */
export class DpFtrlOptimizer extends PrivateOptimizer {
  /** The name in saved models. */
  static readonly className = '@dp/optimizers>DPFTRL';

  /** @throws DpError INVALID_OPTION. */
  constructor(options: DpFtrlOptions) {
    const {learningRate, momentum = 0, useNesterov = false, stepsPerTree} = options;
    fraction('momentum', momentum);
    boolean('useNesterov', useNesterov);
    positiveInteger('stepsPerTree', stepsPerTree);
    super(
      {
        base: (rate) => tf.train.momentum(rate, momentum, useNesterov),
        learningRate,
        config: {momentum, useNesterov, stepsPerTree},
        tree: new TreeAggregation({maxLeaves: stepsPerTree}),
      },
      options,
    );
  }

  /** Ends the tree; the next step begins a new one, which the ledger counts. Between epochs of unequal length. */
  restartTree(): void {
    this.core.tree?.restart();
  }
}
registerOptimizer(DpFtrlOptimizer);

/**
 * DP-FTRL with tree aggregation and restarts (Kairouz et al. 2021, "Practical and Private (Deep) Learning Without Sampling or
 * Shuffling", with the variance reduction of Honaker 2015): the noise of the prefix sum of all gradients grows with the
 * logarithm of the number of steps, so that no amplification by sampling is needed. For shuffled batches; Poisson batches are
 * refused. A tree's state is never saved: a resumed run begins a new tree, which the ledger counts.
 *
 * @throws DpError INVALID_OPTION.
 */
export function dpFTRL(options: DpFtrlOptions): DpFtrlOptimizer {
  return new DpFtrlOptimizer(options);
}
