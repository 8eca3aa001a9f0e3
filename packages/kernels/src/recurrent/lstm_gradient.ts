import {
  concat,
  engine,
  getGradient,
  matMul,
  registerGradient,
  reshape,
  slice,
  sum,
  zeros,
  type GradConfig,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {LSTM_SEQUENCE, LSTM_SEQUENCE_GRADIENT} from '../training/lstm.js';

/** Makes tf.js differentiate {@link LSTM_SEQUENCE}. Idempotent. */
export function registerLstmGradient(): void {
  if ((getGradient(LSTM_SEQUENCE) as GradConfig | undefined) !== undefined) return;
  registerGradient({
    kernelName: LSTM_SEQUENCE,
    inputsToSave: ['x', 'kernel', 'recurrentKernel'],
    outputsToSave: [true, true, true],
    gradFunc: (dys, saved, attrs) => {
      const [x, kernel, , out] = saved as [Tensor, Tensor, Tensor, Tensor];
      // Now, not when the first of the gradients is asked for, whose tidy would take it away from the others.
      const dz = lstmGateGradient((dys as [Tensor])[0], saved, attrs);
      return {
        x: () => reshape(matMul(asRows(dz), kernel, false, true), x.shape),
        kernel: () => matMul(asRows(x), asRows(dz), true, false),
        recurrentKernel: () => matMul(asRows(lstmStatesBefore(out)), asRows(dz), true, false),
        bias: () => sum(asRows(dz), 0),
      };
    },
  });
}

/**
 * The gradient of the gates before their activation, [B, T, 4 H], from that of an LSTM's outputs [B, T, H]: all its other
 * gradients are products with it. No example's depends on another's.
 *
 * @param saved - What tf.js keeps of an {@link LSTM_SEQUENCE}: x, kernel, recurrentKernel, outputs, gates, cell states.
 */
export function lstmGateGradient(dy: Tensor, saved: readonly Tensor[], attrs: NamedAttrMap): Tensor {
  const [, , recurrentKernel, , gates, cells] = saved;
  return engine().runKernel<Tensor>(
    LSTM_SEQUENCE_GRADIENT,
    {dy, gates, cells, recurrentKernel} as NamedTensorMap,
    attrs,
  );
}

/** The outputs [B, T, H] that an LSTM's steps began with, from those that they ended with: the first are zero. */
export function lstmStatesBefore(out: Tensor): Tensor {
  const [batch, steps, units] = out.shape as [number, number, number];
  return concat([zeros([batch, 1, units]), slice(out, [0, 0, 0], [batch, steps - 1, units])], 1);
}

function asRows(tensor: Tensor): Tensor {
  return reshape(tensor, [-1, tensor.shape.at(-1) ?? 1]);
}
