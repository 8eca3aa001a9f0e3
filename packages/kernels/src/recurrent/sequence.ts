import {concat, engine, slice, zeros, type NamedAttrMap, type Tensor} from '@tensorflow/tfjs-core';
import {GRU_SEQUENCE, GRU_SEQUENCE_GRADIENT} from '../training/gru.js';
import {LSTM_SEQUENCE, LSTM_SEQUENCE_GRADIENT} from '../training/lstm.js';

/**
 * A recurrent layer as one kernel, whose inputs are x [B, T, K], kernel [K, G H], recurrentKernel [H, G H] and maybe bias [G H],
 * for G gates. No example's numbers meet another's.
 */
export interface RecurrentSequence {
  /**
   * The gradient of the gates before their activation, [B, T, G H], from that of the outputs [B, T, H]: all others are
   * products with it.
   *
   * @param saved - What tf.js keeps of the kernel for its gradient: x, kernel, recurrentKernel, then the three outputs.
   */
  readonly gateGradient: (dy: Tensor, saved: readonly Tensor[], attrs: NamedAttrMap) => Tensor;
  /** What the recurrent kernel was multiplied by, [B, T, H], for so many gates' columns after each other. */
  readonly recurrentInputs: (saved: readonly Tensor[]) => {readonly states: Tensor; readonly gates: number}[];
}

/** By the kernel's name. */
export const RECURRENT_SEQUENCES: Readonly<Record<string, RecurrentSequence>> = {
  [LSTM_SEQUENCE]: {
    gateGradient: (dy, [, , recurrentKernel, , gates, cells], attrs) =>
      run(LSTM_SEQUENCE_GRADIENT, {dy, gates, cells, recurrentKernel}, attrs),
    recurrentInputs: ([, , , out]) => [{states: statesBefore(out), gates: 4}],
  },
  [GRU_SEQUENCE]: {
    gateGradient: (dy, [, , recurrentKernel, out, gates], attrs) =>
      run(GRU_SEQUENCE_GRADIENT, {dy, gates, out, recurrentKernel}, attrs),
    recurrentInputs: ([, , , out, , reset]) => [
      {states: statesBefore(out), gates: 2},
      {states: reset as Tensor, gates: 1},
    ],
  },
};

function run(
  kernelName: string,
  inputs: Readonly<Record<string, Tensor | undefined>>,
  attrs: NamedAttrMap,
): Tensor {
  return engine().runKernel<Tensor>(kernelName, inputs as Record<string, Tensor>, attrs);
}

/** The outputs [B, T, H] that steps began with, from those that they ended with: the first are zero. */
function statesBefore(out: Tensor | undefined): Tensor {
  const ended = out as Tensor;
  const [batch, steps, units] = ended.shape as [number, number, number];
  return concat([zeros([batch, 1, units]), slice(ended, [0, 0, 0], [batch, steps - 1, units])], 1);
}
