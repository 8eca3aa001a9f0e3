import * as tf from '@tensorflow/tfjs-core';

import {engineInternals, withShadows} from './engine.js';

let trusted: ReadonlySet<string> | undefined;

/**
 * tf.js itself writes a few gradients by hand (fused products, log softmax, log sigmoid, softmax cross entropy). They are known by
 * their source text, captured by running each once: names prove nothing, and the text survives minification.
 * Call it outside of any recording; the answer is cached.
 */
export function trustedGradients(): ReadonlySet<string> {
  trusted ??= capture();
  return trusted;
}

/** The text under which a function passed to `tf.customGrad` is known. */
export function gradientText(f: object): string {
  return Function.prototype.toString.call(f);
}

function capture(): Set<string> {
  const engine = engineInternals();
  const customGrad = engine.customGrad.bind(engine);
  const texts = new Set<string>();
  const shadow: Partial<typeof engine> = {
    customGrad(f) {
      texts.add(gradientText(f));
      return customGrad(f);
    },
  };
  withShadows(engine, shadow, () => {
    tf.tidy(() => {
      const matrix: tf.Tensor2D = tf.ones([2, 2]);
      const image: tf.Tensor4D = tf.ones([1, 2, 2, 1]);
      const filter: tf.Tensor4D = tf.ones([1, 1, 1, 1]);
      tf.fused.matMul({a: matrix, b: matrix});
      tf.fused.matMul({a: matrix, b: matrix, bias: tf.ones([2])});
      tf.fused.conv2d({x: image, filter, strides: 1, pad: 'valid'});
      tf.fused.conv2d({x: image, filter, strides: 1, pad: 'valid', bias: tf.ones([1])});
      tf.fused.depthwiseConv2d({x: image, filter, strides: 1, pad: 'valid'});
      tf.fused.depthwiseConv2d({x: image, filter, strides: 1, pad: 'valid', bias: tf.ones([1])});
      tf.logSoftmax(matrix);
      tf.logSigmoid(matrix);
      tf.losses.softmaxCrossEntropy(matrix, matrix);
    });
  });
  return texts;
}
