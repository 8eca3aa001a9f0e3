import * as tf from '@tensorflow/tfjs-core';
import {openClipAndSum, type PerExampleParameter} from '@dp/kernels/on-demand';

import {perExampleContributions} from '../gradients/contributions.js';
import {loopContributions} from '../gradients/loop.js';
import {findLoss} from '../tape/loss.js';
import {proveSeparation} from '../tape/prove.js';
import {record} from '../tape/record.js';

/** Per-example gradients, [variable][example][coordinate]. */
export type Gradients = number[][][];

/** By the library's fast path or its one-hot loop. */
export function perExampleGradients(
  lossFn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  strategy: 'fast' | 'loop' = 'fast',
): Gradients {
  const recording = record(lossFn);
  let gradients: Gradients = [];
  try {
    tf.tidy(() => {
      const loss = findLoss(recording);
      const proof = proveSeparation(recording, loss.perExample);
      const parameters =
        strategy === 'fast'
          ? perExampleContributions(recording, loss, proof, variables)
          : loopContributions(recording, loss, variables);
      gradients = readGradients(parameters, proof.batchSize);
    });
  } finally {
    recording.value.dispose();
    recording.dispose();
  }
  return gradients;
}

/** Every example's gradient, formed from its contributions. */
export function readGradients(parameters: readonly PerExampleParameter[], batchSize: number): Gradients {
  const gradients: Gradients = parameters.map(() => []);
  for (let example = 0; example < batchSize; example++) {
    const session = openClipAndSum(parameters);
    const scale = 2 ** 30 / Math.max(1, Math.sqrt(session.measure(example)));
    session.accumulate(scale);
    session.sums().forEach((sums, v) => gradients[v]?.push(Array.from(sums, (sum) => sum / scale)));
    session.dispose();
  }
  return gradients;
}

/** The oracle: tf.js's own gradients of the loss of one example at a time, each from a forward pass of its own. */
export function rerunEach(
  lossOf: (...tensors: tf.Tensor[]) => tf.Tensor,
  tensors: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
): Gradients {
  const gradients: Gradients = variables.map(() => []);
  const batchSize = tensors[0]?.shape[0] ?? 0;
  for (let example = 0; example < batchSize; example++) {
    const {value, grads} = tf.variableGrads(
      () => tf.mean(lossOf(...tensors.map((tensor) => tf.slice(tensor, example, 1)))),
      [...variables],
    );
    variables.forEach((variable, v) => {
      const gradient = grads[variable.name] as tf.Tensor | null | undefined;
      gradients[v]?.push(Array.from(gradient?.dataSync() ?? new Float32Array(variable.size)));
    });
    value.dispose();
    tf.dispose(grads);
  }
  return gradients;
}

/** The same for a loss of inputs and targets. */
export function rerunGradients(
  lossOf: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  y: tf.Tensor,
  variables: readonly tf.Variable[],
): Gradients {
  return rerunEach((xs, ys) => lossOf(xs, ys), [x, y], variables);
}

/** The largest |a - b|_2 / max(|b|_2, 1e-6) over variables and examples. */
export function worstRelativeError(a: Gradients, b: Gradients): number {
  const norm = (values: readonly number[]): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  let worst = 0;
  b.forEach((examples, v) =>
    examples.forEach((reference, i) => {
      const difference = reference.map((value, j) => value - (a[v]?.[i]?.[j] ?? NaN));
      worst = Math.max(worst, norm(difference) / Math.max(norm(reference), 1e-6));
    }),
  );
  return worst;
}
