import type {Scope} from '../scope.js';
import type {Block} from '../workspace.js';
import type {GradientPart, GradientSum} from './part.js';
import {PutOff, putOffBytes} from './put_off.js';

/** Gradients that are kept until they are added together, and the bytes from one to the next. */
interface Kept {
  readonly count: number;
  readonly stride: number;
}

/** As many as leave room in the second-level cache: the sums are then read and written once for all of them. */
const KEPT_BYTES = 2 ** 18;
const MOST_KEPT = 8;

function keptOf(size: number): Kept {
  // An odd number of cache lines, so that gradients of 2^k values do not meet in the same lines of the first-level cache.
  const stride = 64 * (2 * Math.floor((size * 4 + 63) / 128) + 1);
  return {count: Math.max(1, Math.min(MOST_KEPT, Math.floor(KEPT_BYTES / stride))), stride};
}

/** Bytes that {@link formedSum} takes for gradients of this size. */
export function formedBytes(size: number): number {
  const {count, stride} = keptOf(size);
  return count * stride + putOffBytes(count);
}

/** Forms gradients in memory, in float32, and measures and adds what stands there. */
export function formedSum(scope: Scope, size: number, parts: readonly GradientPart[]): GradientSum {
  const {kernels} = scope;
  const {count, stride} = keptOf(size);
  const putOff = new PutOff(scope, count);
  /** Allocated when the first is formed. */
  let gradients: Block | undefined;

  const settle = (sums: Block): void => {
    putOff.settle((scales, _, together) => {
      if (gradients !== undefined)
        kernels.addRoundedRows(gradients.address, size, stride, together, scales, sums.address);
    });
  };

  return {
    measure: (examples) => {
      gradients ??= scope.allocate(count * stride);
      const address = gradients.address + putOff.count * stride;
      let add = false;
      for (const example of examples) {
        for (const part of parts) {
          part.form(example, address, add);
          add = true;
        }
      }
      return kernels.sumOfSquares(address, size);
    },
    accumulate: ({factor, small}, sums) => {
      if (gradients === undefined) return;
      if (small === undefined) {
        kernels.accumulate(gradients.address + putOff.count * stride, size, factor, sums.address);
        return;
      }
      putOff.push(putOff.count, small);
      if (putOff.isFull) settle(sums);
    },
    settle,
  };
}
