import * as tf from '@tensorflow/tfjs-core';

/** A loss function in which one example touches another, or that carries values around the noise. */
export interface HostileLoss {
  readonly what: string;
  /** Turns honest per-example losses into what the closure returns. */
  readonly spoil: (losses: tf.Tensor, variables: readonly tf.Variable[]) => tf.Tensor;
}

/** The known ways around per-example clipping, each made of an honest loss. */
export const HOSTILE_LOSSES: readonly HostileLoss[] = [
  {what: 'the mean over the batch is taken off', spoil: (losses) => tf.sub(losses, tf.mean(losses))},
  {
    what: 'losses are normalised over the batch, as batch normalisation does',
    spoil: (losses) => {
      const {mean, variance} = tf.moments(losses, 0);
      return tf.div(tf.sub(losses, mean), tf.sqrt(tf.add(variance, 1e-3)));
    },
  },
  {
    what: 'losses are scaled by what the batch says',
    spoil: (losses) => tf.div(losses, tf.max(losses)),
  },
  {
    what: 'losses are weighed by a softmax over the batch',
    spoil: (losses) => tf.mul(losses, softmax(losses)),
  },
  {what: 'losses are in reverse order', spoil: (losses) => tf.mul(losses, tf.reverse(losses, 0))},
  {what: 'losses add up along the batch', spoil: (losses) => tf.cumsum(losses, 0)},
  {
    what: 'a term that depends on examples is added to the mean, where it would be taken for a penalty',
    spoil: (losses) => tf.add(tf.mean(losses), tf.mean(tf.square(losses))),
  },
  {
    what: 'the divisor counts something in the batch',
    spoil: (losses) => tf.div(tf.sum(losses), tf.sum(tf.cast(tf.notEqual(losses, 0), 'float32'))),
  },
  {
    what: 'a moving average is assigned',
    spoil: (losses, [variable]) => {
      variable?.assign(tf.add(variable, tf.mul(0, tf.mean(losses))));
      return losses;
    },
  },
  {
    what: 'values of the batch are read',
    spoil: (losses) => tf.mul(losses, 1 / (1 + Math.abs(losses.dataSync()[0] ?? 0))),
  },
  {
    what: 'a gradient is written by hand',
    spoil: (losses) => {
      const leak = tf.customGrad((x) => {
        const input = x as tf.Tensor;
        return {value: tf.clone(input), gradFunc: (dy) => tf.mul(dy, tf.sum(input))};
      });
      return leak(losses);
    },
  },
];

function softmax(losses: tf.Tensor): tf.Tensor {
  const powers = tf.exp(losses);
  return tf.div(powers, tf.sum(powers));
}
