import * as tf from '@tensorflow/tfjs-core';
import {openClipAndSum} from '@dp/kernels/on-demand';

import {optionsObject} from '../checks.js';
import {withPerExampleLoss} from '../per_example_loss.js';
import type {DeclaredSources} from '../tape/sources.js';

/** Options of the functional API: what is known about the loss function's inputs, and how gradients are formed. */
export interface PerExampleOptions extends DeclaredSources {
  /**
   * `fast` (default): one backward pass. `loop`: one per example, the reference; where one example is not finite it spoils
   * all others' gradients, so private steps never take it.
   */
  readonly strategy?: 'fast' | 'loop';
}

/** Per-example losses and gradients. Sensitive, all of it. */
export interface PerExampleGradients {
  /** Each example's own loss, the mean over its row: shape [B]. */
  readonly loss: tf.Tensor1D;
  /** By variable name, [B, ...shape]. Nothing is clipped. */
  readonly gradients: tf.NamedTensorMap;
  /** Each example's gradient norm over all variables together, shape [B]. NaN or infinite where the gradient is not finite. */
  readonly norms: tf.Tensor1D;
}

/** Exact to 2^-30 of an example's norm: scales are powers of two, and the session rounds to integers. */
const UNITS_PER_NORM = 2 ** 30;

/**
 * The gradient of each example's own loss, for looking at. It holds [B, D] numbers: training needs `clippedGradients`,
 * which never does. The caller disposes the tensors.
 *
 * @param lossFn - Returns the vector of per-example losses [B], or their scalar mean. Sensitive.
 * @param variables - What to differentiate by.
 * @throws DpError if the examples cannot be proved separate, or an operation has no rule.
 */
export function perExampleGradients(
  lossFn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  options: PerExampleOptions = {},
): PerExampleGradients {
  optionsObject('options', options);
  const {strategy = 'fast', ...sources} = options;
  const found = withPerExampleLoss(
    {lossFn, variables, sources, strategy},
    ({batchSize, contributions, loss}) => {
      const rows = variables.map((variable) => new Float32Array(batchSize * variable.size));
      const norms = new Float32Array(batchSize);
      for (let example = 0; example < batchSize; example++) {
        const session = openClipAndSum(contributions);
        try {
          const norm = Math.sqrt(session.measure(example));
          norms[example] = norm;
          if (!Number.isFinite(norm)) {
            for (const [v, row] of rows.entries()) {
              const size = variables[v]?.size ?? 0;
              row.fill(NaN, example * size, (example + 1) * size);
            }
            continue;
          }
          const scale = norm === 0 ? 1 : UNITS_PER_NORM * 2 ** -Math.ceil(Math.log2(norm));
          session.accumulate(scale);
          session.sums().forEach((sum, v) =>
            rows[v]?.set(
              sum.map((units) => units / scale),
              example * sum.length,
            ),
          );
        } finally {
          session.dispose();
        }
      }
      const own = tf.tidy(() => tf.mean(tf.reshape(loss.values, [batchSize, -1]), 1));
      return {loss: tf.keep(own) as tf.Tensor1D, rows, norms, batchSize};
    },
  );
  const {loss = tf.tensor1d([]), rows = [], norms = new Float32Array(), batchSize = 0} = found ?? {};
  const gradients = Object.fromEntries(
    variables.map((variable, v) => [
      variable.name,
      tf.tensor(rows[v] ?? [], [batchSize, ...variable.shape], 'float32'),
    ]),
  );
  return {loss, gradients, norms: tf.tensor1d(norms)};
}
