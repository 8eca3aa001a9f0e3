import {input, inputOf, type KernelCall} from './kernel.js';

/** What the inputs of a recurrent layer add to its gates, at all steps at once: x W + b, [B * T, width]. */
export interface InputShare {
  /** Bytes that `fill` needs. */
  readonly scratchBytes: number;
  /** Overwrites the gates at an address. */
  fill(gates: number, scratch: number): void;
}

/** Of a kernel with the inputs x [B, T, K], kernel [K, width] and maybe bias [width]. */
export function inputShare(call: KernelCall, width: number): InputShare {
  const {memory} = call;
  const {kernels} = memory;
  const x = input(call, 'x');
  const [batch, steps, features] = x.shape as [number, number, number];
  const rows = batch * steps;
  const kernel = inputOf(call, 'kernel', [features, width]);
  const bias = call.inputs['bias'] == null ? undefined : inputOf(call, 'bias', [width]);
  const [line, row] = [features * 4, width * 4];
  return {
    scratchBytes: kernels.matMulScratch(rows, features),
    fill: (gates, scratch) => {
      if (bias !== undefined) kernels.copyImage(memory.address(bias), gates, rows, row, 0, row);
      const [from, by, add] = [memory.address(x), memory.address(kernel), Number(bias !== undefined)];
      kernels.matMul(from, line, 4, by, row, 4, gates, rows, width, features, scratch, add);
    },
  };
}

/** Whether a recurrent kernel's gates are hard sigmoids: the attribute `hard`. */
export function isHard({attrs}: KernelCall): number {
  return Number(attrs['hard'] === true);
}
