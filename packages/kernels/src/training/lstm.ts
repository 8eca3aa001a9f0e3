import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Scope} from '../scope.js';
import {input, inputOf, type TrainingKernel} from './kernel.js';
import {inputShare, isHard} from './recurrent_inputs.js';

/**
 * A whole LSTM layer as one kernel: x [B, T, K], kernel [K, 4 H], recurrentKernel [H, 4 H] and maybe bias [4 H] to the
 * outputs [B, T, H] and, for their gradient alone, the activated gates [B, T, 4 H] (input, forget, candidate, output) and cell
 * states [B, T, H]. States start from zero. The attribute `hard` chooses the hard sigmoid for the gates.
 */
export const LSTM_SEQUENCE = 'LstmSequence';

/** dy, gates, cells and recurrentKernel to the gradient of the gates before their activation, [B, T, 4 H]. */
export const LSTM_SEQUENCE_GRADIENT = 'LstmSequenceGradient';

export const lstmSequence: TrainingKernel = {
  kernelName: LSTM_SEQUENCE,
  run: (call) => {
    const {memory} = call;
    const {kernels} = memory;
    const x = input(call, 'x');
    const [batch, steps] = x.shape as [number, number, number];
    const units = input(call, 'recurrentKernel').shape[0] ?? 0;
    const width = 4 * units;
    const recurrentKernel = memory.address(inputOf(call, 'recurrentKernel', [units, width]));
    const out = memory.output([batch, steps, units]);
    const gates = memory.output([batch, steps, width]);
    const cells = memory.output([batch, steps, units]);
    const [outAt, gatesAt, cellsAt] = [memory.address(out), memory.address(gates), memory.address(cells)];
    const [state, gate] = [units * 4, width * 4];
    const scope = new Scope(memory);
    try {
      const inputs = inputShare(call, width);
      const scratch = scope.allocate(
        Math.max(inputs.scratchBytes, kernels.matMulScratch(batch, units)),
      ).address;
      const z = scope.allocate(batch * gate).address;
      const zero = scope.allocate(state).address;
      inputs.fill(gatesAt, scratch);
      for (let t = 0; t < steps; t++) {
        const before = (t - 1) * state;
        if (t > 0) {
          const states = outAt + before;
          kernels.matMul(
            states,
            steps * state,
            4,
            recurrentKernel,
            gate,
            4,
            z,
            batch,
            width,
            units,
            scratch,
            0,
          );
        }
        kernels.lstmCell(
          z,
          gatesAt + t * gate,
          steps * gate,
          t > 0 ? cellsAt + before : zero,
          t > 0 ? steps * state : 0,
          cellsAt + t * state,
          outAt + t * state,
          steps * state,
          batch,
          units,
          isHard(call),
        );
      }
    } finally {
      scope.dispose();
    }
    return [out, gates, cells];
  },
};

export const lstmSequenceGradient: TrainingKernel = {
  kernelName: LSTM_SEQUENCE_GRADIENT,
  run: (call): TensorInfo => {
    const {memory} = call;
    const {kernels} = memory;
    const cells = input(call, 'cells');
    const [batch, steps, units] = cells.shape as [number, number, number];
    const width = 4 * units;
    const cellsAt = memory.address(cells);
    const gatesAt = memory.address(inputOf(call, 'gates', [batch, steps, width]));
    const dyAt = memory.address(inputOf(call, 'dy', cells.shape));
    const recurrentKernel = memory.address(inputOf(call, 'recurrentKernel', [units, width]));
    const dz = memory.output([batch, steps, width]);
    const dzAt = memory.address(dz);
    const [state, gate] = [units * 4, width * 4];
    const scope = new Scope(memory);
    try {
      const scratch = scope.allocate(kernels.matMulScratch(batch, width)).address;
      const dh = scope.allocate(batch * state).address;
      const dc = scope.allocate(batch * state).address;
      const zero = scope.allocate(state).address;
      for (let t = steps - 1; t >= 0; t--) {
        kernels.lstmCellGradient(
          gatesAt + t * gate,
          steps * gate,
          t > 0 ? cellsAt + (t - 1) * state : zero,
          t > 0 ? steps * state : 0,
          cellsAt + t * state,
          steps * state,
          dyAt + t * state,
          dh,
          dc,
          dzAt + t * gate,
          batch,
          units,
          isHard(call),
        );
        // dh = dz U^T.
        if (t > 0) {
          const dzs = dzAt + t * gate;
          kernels.matMul(dzs, steps * gate, 4, recurrentKernel, 4, gate, dh, batch, units, width, scratch, 0);
        }
      }
    } finally {
      scope.dispose();
    }
    return dz;
  },
};
