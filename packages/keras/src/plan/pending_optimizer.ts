import * as tf from '@tensorflow/tfjs-core';
import {DpError} from '@dp/optimizers';

/** What a model is compiled with while its noise is not calibrated yet. It refuses to train, privately or not. */
class PendingOptimizer extends tf.Optimizer {
  /** The name in saved models. */
  static readonly className = 'PendingOptimizer';

  override applyGradients(): void {
    throw new DpError(
      'UNSUPPORTED',
      'the optimizer is made by the fit of the private model, which calibrates its noise',
    );
  }

  override computeGradients(): never {
    throw new DpError(
      'UNSUPPORTED',
      'the optimizer is made by the fit of the private model, which calibrates its noise',
    );
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

/** Stands for an optimizer that is not made yet. */
export function pendingOptimizer(): tf.Optimizer {
  return new PendingOptimizer();
}
