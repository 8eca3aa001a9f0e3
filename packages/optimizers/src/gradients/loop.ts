import * as tf from '@tensorflow/tfjs-core';
import type {PerExampleParameter} from '@dp/kernels/on-demand';

import {backpropagate, dependents} from '../tape/backward.js';
import type {LossParts} from '../tape/loss.js';
import type {Recording} from '../tape/record.js';
import {ownLossGradient} from './contributions.js';

/**
 * The exact reference: B backward passes over the same recorded tape, each from one example's own loss, by tf.js's own
 * gradient functions alone. Slow, and of memory O(B * D): the tests' oracle, with the same dropout masks. It needs the proof
 * of separation as much as the fast path does: on a graph that mixes examples its rows are not what clipping assumes.
 * An example that is not finite spoils the rows of all others (0 times infinity), so no release may rest on this.
 * Call it in a tidy. Sensitive.
 */
export function loopContributions(
  recording: Recording,
  loss: LossParts,
  variables: readonly tf.Variable[],
): PerExampleParameter[] {
  const wanted = dependents(recording.nodes, variables);
  const [batchSize = 0] = loss.perExample.shape;
  const all = ownLossGradient(loss);
  const mask = [batchSize, ...new Array<number>(loss.perExample.rank - 1).fill(1)];
  const rows = Array.from({length: batchSize}, (_, example) =>
    tf.tidy(() => {
      const oneHot = new Float32Array(batchSize);
      oneHot[example] = 1;
      const seed = tf.mul(all, tf.tensor(oneHot, mask));
      const gradients = backpropagate(recording.nodes, new Map([[loss.perExample.id, seed]]), wanted);
      return variables.map((variable) =>
        tf.reshape(gradients.get(variable.id) ?? tf.zeros(variable.shape), [1, variable.size]),
      );
    }),
  );
  return variables.map((variable, v) => ({
    size: variable.size,
    contributions: [{kind: 'sum', dy: tf.stack(rows.map((row) => row[v] ?? tf.zeros([1, variable.size])))}],
  }));
}
