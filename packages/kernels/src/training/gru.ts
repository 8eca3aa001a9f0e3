import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Scope} from '../scope.js';
import {input, inputOf, type TrainingKernel} from './kernel.js';
import {inputShare, isHard} from './recurrent_inputs.js';

/**
 * A whole GRU layer as one kernel: x [B, T, K], kernel [K, 3 H], recurrentKernel [H, 3 H] and maybe bias [3 H] to the outputs
 * [B, T, H] and, for their gradient alone, the activated gates [B, T, 3 H] (update, reset, candidate) and what the reset gate
 * leaves of the states before, [B, T, H]. The reset comes before the candidate's product (tf.js's only variant). States
 * start from zero. The attribute `hard` chooses the hard sigmoid for the gates.
 */
export const GRU_SEQUENCE = 'GruSequence';

/** dy, gates, out and recurrentKernel to the gradient of the gates before their activation, [B, T, 3 H]. */
export const GRU_SEQUENCE_GRADIENT = 'GruSequenceGradient';

export const gruSequence: TrainingKernel = {
  kernelName: GRU_SEQUENCE,
  run: (call) => {
    const {memory} = call;
    const {kernels} = memory;
    const x = input(call, 'x');
    const [batch, steps] = x.shape as [number, number, number];
    const units = input(call, 'recurrentKernel').shape[0] ?? 0;
    const width = 3 * units;
    const recurrentKernel = memory.address(inputOf(call, 'recurrentKernel', [units, width]));
    const out = memory.output([batch, steps, units]);
    const gates = memory.output([batch, steps, width]);
    const reset = memory.output([batch, steps, units]);
    const [outAt, gatesAt, resetAt] = [memory.address(out), memory.address(gates), memory.address(reset)];
    const [state, gate] = [units * 4, width * 4];
    const [stateRow, gateRow] = [steps * state, steps * gate];
    const scope = new Scope(memory);
    try {
      const inputs = inputShare(call, width);
      const scratch = scope.allocate(
        Math.max(inputs.scratchBytes, kernels.matMulScratch(batch, units)),
      ).address;
      const share = scope.allocate(batch * 2 * state).address;
      const zero = scope.allocate(state).address;
      inputs.fill(gatesAt, scratch);
      /** share = states times some columns of the recurrent kernel. */
      const multiply = (states: number, from: number, columns: number) => {
        const columnsAt = recurrentKernel + from * 4;
        kernels.matMul(states, stateRow, 4, columnsAt, gate, 4, share, batch, columns, units, scratch, 0);
      };
      for (let t = 0; t < steps; t++) {
        const before = t > 0 ? outAt + (t - 1) * state : zero;
        const beforeRow = t > 0 ? stateRow : 0;
        const [own, left] = [gatesAt + t * gate, resetAt + t * state];
        if (t > 0) multiply(before, 0, 2 * units);
        kernels.gruGates(share, own, gateRow, before, beforeRow, left, stateRow, batch, units, isHard(call));
        if (t > 0) multiply(left, 2 * units, units);
        kernels.gruCandidate(
          share,
          own,
          gateRow,
          before,
          beforeRow,
          outAt + t * state,
          stateRow,
          batch,
          units,
        );
      }
    } finally {
      scope.dispose();
    }
    return [out, gates, reset];
  },
};

export const gruSequenceGradient: TrainingKernel = {
  kernelName: GRU_SEQUENCE_GRADIENT,
  run: (call): TensorInfo => {
    const {memory} = call;
    const {kernels} = memory;
    const out = input(call, 'out');
    const [batch, steps, units] = out.shape as [number, number, number];
    const width = 3 * units;
    const outAt = memory.address(out);
    const gatesAt = memory.address(inputOf(call, 'gates', [batch, steps, width]));
    const dyAt = memory.address(inputOf(call, 'dy', out.shape));
    const recurrentKernel = memory.address(inputOf(call, 'recurrentKernel', [units, width]));
    const d = memory.output([batch, steps, width]);
    const dAt = memory.address(d);
    const [state, gate] = [units * 4, width * 4];
    const [stateRow, gateRow] = [steps * state, steps * gate];
    const scope = new Scope(memory);
    try {
      const scratch = scope.allocate(kernels.matMulScratch(batch, 2 * units)).address;
      const dh = scope.allocate(batch * state).address;
      const dr = scope.allocate(batch * state).address;
      const zero = scope.allocate(state).address;
      /** target (+)= some columns of d_t times those of the recurrent kernel, transposed. */
      const multiply = (t: number, from: number, columns: number, target: number, add: number) => {
        const [own, columnsAt] = [dAt + t * gate + from * 4, recurrentKernel + from * 4];
        kernels.matMul(own, gateRow, 4, columnsAt, 4, gate, target, batch, units, columns, scratch, add);
      };
      for (let t = steps - 1; t >= 0; t--) {
        const before = t > 0 ? outAt + (t - 1) * state : zero;
        const beforeRow = t > 0 ? stateRow : 0;
        const [own, down] = [gatesAt + t * gate, dAt + t * gate];
        const hard = isHard(call);
        kernels.gruCandidateGradient(
          own,
          gateRow,
          before,
          beforeRow,
          dyAt + t * state,
          stateRow,
          dh,
          down,
          batch,
          units,
          hard,
        );
        // The first step's state is zero: so is its reset gate's gradient, and nothing goes further back.
        multiply(t, 2 * units, units, dr, 0);
        kernels.gruGatesGradient(own, gateRow, before, beforeRow, dr, dh, down, batch, units, hard);
        if (t > 0) multiply(t, 0, 2 * units, dh, 1);
      }
    } finally {
      scope.dispose();
    }
    return d;
  },
};
