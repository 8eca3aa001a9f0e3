import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {initializers, layers} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {errorAgainstReruns} from '../testing/coverage.js';
import {perExampleGradients, worstRelativeError} from '../testing/per_example.js';
import {normalTensor} from '../testing/tensors.js';

// B = T = d: as many examples as steps, features and heads' widths.
const N = 4;

type Operation = (x: tf.Tensor, w: tf.Variable, v: tf.Variable) => tf.Tensor;

describe.each(['cpu', 'wasm'])('operations on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  const rows = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.matMul(tf.reshape(x, [-1, N]), w), [-1, N, N]);
  /** Scaled dot-product attention of one head or several. */
  const attention =
    (heads: number, causal: boolean): Operation =>
    (x, w, v) => {
      const split = (tensor: tf.Tensor): tf.Tensor =>
        tf.transpose(tf.reshape(tensor, [-1, N, heads, N / heads]), [0, 2, 1, 3]);
      const [query, key, value] = [split(rows(x, w)), split(rows(x, v)), split(rows(x, tf.transpose(w)))];
      const mask = tf.linalg.bandPart(tf.ones([N, N]), -1, 0);
      const scores = tf.div(tf.matMul(query, key, false, true), 2);
      const masked = causal ? tf.sub(scores, tf.mul(tf.sub(1, mask), 1e9)) : scores;
      const heard = tf.matMul(tf.softmax(masked), value);
      return tf.add(x, tf.reshape(tf.transpose(heard, [0, 2, 1, 3]), [-1, N, N]));
    };
  const groupNormalization: Operation = (x, w, v) => {
    const groups = tf.reshape(rows(x, w), [-1, N, 2, N / 2]);
    const {mean, variance} = tf.moments(groups, [1, 3], true);
    const normal = tf.reshape(tf.div(tf.sub(groups, mean), tf.sqrt(tf.add(variance, 1e-3))), [-1, N, N]);
    return tf.add(tf.mul(normal, tf.slice(v, 0, 1)), tf.slice(v, [1, 0], [1, N]));
  };

  const operations: Record<string, Operation> = {
    'attention of one head': attention(1, false),
    'causal attention of two heads': attention(2, true),
    'group normalisation': groupNormalization,
    'a parameter as first factor': (x, w, v) =>
      tf.matMul(tf.tile(tf.expandDims(w, 0), [x.shape[0], 1, 1]), tf.mul(x, v)),
    'a parameter tiled for every example': (x, w, v) =>
      tf.matMul(tf.mul(x, v), tf.tile(tf.expandDims(w, 0), [x.shape[0], 1, 1]), true),
    'examples on the inner axis': (x, w, v) => {
      const columns = tf.reshape(tf.transpose(x, [1, 0, 2]), [N, -1]);
      const made = tf.add(tf.matMul(w, columns), tf.slice(v, 0, [N, 1]));
      return tf.transpose(tf.reshape(made, [N, -1, N]), [1, 0, 2]);
    },
    'examples last': (x, w, v) => {
      const last = tf.matMul(w, tf.reshape(tf.transpose(tf.mean(x, 1)), [N, -1]));
      return tf.transpose(tf.mul(tf.tanh(last), tf.slice(v, 0, [N, 1])));
    },
    'a class token beside the steps': (x, w, v) =>
      tf.concat([tf.tile(tf.reshape(tf.slice(w, 0, 1), [1, 1, N]), [x.shape[0], 1, 1]), tf.mul(x, v)], 1),
    'a class token stacked': (x, w, v) => {
      const token = tf.tile(tf.reshape(tf.slice(w, 0, 1), [1, N]), [x.shape[0], 1]);
      return tf.stack([token, tf.mean(tf.mul(x, v), 1)], 1);
    },
    'learned positions by index': (x, w, v) =>
      tf.tanh(tf.add(tf.mul(x, v), tf.gather(w, tf.tensor1d([3, 1, 1, 0], 'int32')))),
    'weights computed from variables': (x, w, v) =>
      rows(x, tf.mul(tf.softplus(w), tf.concat([tf.slice(v, 0, 2), tf.square(tf.slice(v, 2, 2))]))),
    'weights of unit norm': (x, w, v) => tf.mul(rows(x, tf.div(w, tf.norm(w, 2, 0))), tf.slice(v, 0, 1)),
    'parts of a variable': (x, w, v) => {
      const [left, right] = tf.split(w, 2, 1);
      const [top, bottom] = tf.split(v, 2, 0);
      const a = tf.matMul(tf.reshape(x, [-1, N]), left as tf.Tensor);
      const b = tf.matMul(a, top as tf.Tensor);
      const c = tf.matMul(
        tf.reshape(x, [-1, N]),
        tf.concat([bottom as tf.Tensor, tf.transpose(right as tf.Tensor)]),
      );
      return tf.reshape(tf.add(b, c), [-1, N, N]);
    },
    'divisions, powers and choices': (x, w, v) => {
      const positive = tf.add(tf.abs(w), 0.5);
      const ratio = tf.div(x, positive);
      const power = tf.pow(tf.add(tf.abs(x), 0.5), tf.slice(v, 0, 1));
      const chosen = tf.where(tf.greater(x, 0), tf.slice(w, 0, 1), tf.mul(x, 2));
      return tf.addN([ratio, power, chosen, tf.atan2(x, positive), tf.prelu(x, v)]);
    },
    'a fused product with bias': (x, w, v) =>
      tf.reshape(
        tf.fused.matMul({
          a: tf.reshape<tf.Rank.R2>(x, [-1, N]),
          b: w,
          bias: tf.slice(v, 0, 1),
          transposeB: true,
        }),
        [-1, N, N],
      ),
    'parts, reversals and sums along the steps': (x, w) => {
      const made = rows(x, w);
      const parts = [
        tf.reverse(made, 1),
        tf.cumsum(made, 1, true),
        tf.stack(tf.unstack(made, 1), 1),
        tf.concat(tf.split(made, 2, 2), 2),
        tf.gather(made, tf.tensor1d([3, 0, 0, 2], 'int32'), 1),
        tf.mirrorPad(
          tf.slice(made, [0, 0, 0], [-1, 3, -1]),
          [
            [0, 0],
            [1, 0],
            [0, 0],
          ],
          'reflect',
        ),
      ];
      return tf.addN(parts);
    },
    'the neighbours of a channel': (x, w) =>
      tf.localResponseNormalization(tf.reshape<tf.Rank.R4>(rows(x, w), [-1, 2, 2, N]), 1),
  };

  test.each(Object.entries(operations))('%s equals reruns', (_, operation) => {
    for (const examples of [N, 1, 3]) {
      const w = tf.variable(normalTensor([N, N], 40));
      const v = tf.variable(normalTensor([N, N], 41));
      const loss = (x?: tf.Tensor): tf.Tensor => {
        const made = operation(x as tf.Tensor, w, v);
        return tf.mean(tf.square(tf.add(made, 0.3)), [...made.shape.keys()].slice(1));
      };
      expect(errorAgainstReruns(loss, [normalTensor([examples, N, N], 42)], [w, v])).toBeLessThan(1e-5);
      tf.dispose([w, v]);
    }
  });

  test('extremes and squared differences, whose broadcast operands tf.js cannot train, equal the same by other operations', () => {
    const x = normalTensor([3, N, N], 45);
    const w = tf.variable(normalTensor([N, 1], 46));
    const pairs: ((own: tf.Tensor) => tf.Tensor)[][] = [
      [(own) => tf.maximum(own, w), (own) => tf.add(w, tf.relu(tf.sub(own, w)))],
      [(own) => tf.minimum(w, own), (own) => tf.sub(w, tf.relu(tf.sub(w, own)))],
      [(own) => tf.squaredDifference(own, w), (own) => tf.square(tf.sub(own, w))],
    ];
    for (const pair of pairs) {
      const [direct = [], other = []] = pair.map((operation) =>
        perExampleGradients(() => tf.mean(tf.square(operation(x)), [1, 2]), [w]),
      );
      expect(worstRelativeError(direct, other)).toBeLessThan(1e-5);
    }
    w.dispose();
  });

  test('a layer of your own, made of covered operations, equals reruns without any registration', () => {
    class Gate extends layers.Layer {
      static readonly className = 'Gate';
      #gate: ReturnType<Gate['addWeight']> | undefined;
      override build(): void {
        this.#gate = this.addWeight('gate', [N], 'float32', initializers.zeros(), undefined, true);
      }
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
        return tf.mul(x, tf.sigmoid(this.#gate?.read() as tf.Tensor));
      }
      gate(): tf.Variable {
        return this.#gate?.read() as tf.Variable;
      }
    }
    const layer = new Gate();
    const x = normalTensor([N, N], 43);
    layer.apply(x);
    layer.gate().assign(normalTensor([N], 44));
    const loss = (own?: tf.Tensor): tf.Tensor =>
      tf.mean(tf.square(layer.apply(own as tf.Tensor) as tf.Tensor), 1);
    expect(errorAgainstReruns(loss, [x], [layer.gate()])).toBeLessThan(1e-5);
    layer.dispose();
  });
});
