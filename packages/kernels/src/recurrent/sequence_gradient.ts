import {
  concat,
  getGradient,
  matMul,
  registerGradient,
  reshape,
  slice,
  sum,
  type GradConfig,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {RECURRENT_SEQUENCES} from './sequence.js';

/** Makes tf.js differentiate recurrent layers that run as one kernel. Idempotent. */
export function registerSequenceGradients(): void {
  for (const [kernelName, {gateGradient, recurrentInputs}] of Object.entries(RECURRENT_SEQUENCES)) {
    if ((getGradient(kernelName) as GradConfig | undefined) !== undefined) continue;
    registerGradient({
      kernelName,
      inputsToSave: ['x', 'kernel', 'recurrentKernel'],
      outputsToSave: [true, true, true],
      gradFunc: (dys, saved, attrs) => {
        const [x, kernel] = saved as [Tensor, Tensor];
        // Now, not when the first of the gradients is asked for, whose tidy would take it away from the others.
        const gradient = gateGradient((dys as [Tensor])[0], saved, attrs);
        const dz = reshape(gradient, [-1, gradient.shape.at(-1) ?? 1]);
        return {
          x: () => reshape(matMul(dz, kernel, false, true), x.shape),
          kernel: () => matMul(asRows(x), dz, true, false),
          recurrentKernel: () => {
            let from = 0;
            const blocks = recurrentInputs(saved).map(({states, gates}) => {
              const rows = asRows(states);
              const columns = gates * (rows.shape[1] ?? 0);
              const own = slice(dz, [0, from], [-1, columns]);
              from += columns;
              return matMul(rows, own, true, false);
            });
            return concat(blocks, 1);
          },
          bias: () => sum(dz, 0),
        };
      },
    });
  }
}

function asRows(tensor: Tensor) {
  return reshape(tensor, [-1, tensor.shape.at(-1) ?? 1]);
}
