import type {Tensor} from '@tensorflow/tfjs-core';
import type {Contribution, PerExampleParameter} from './contribution.js';

/**
 * Checks shapes and dtypes once, before any address is taken, and returns the number of examples. Errors leave
 * that number out: under Poisson sampling it is secret.
 */
export function validateParameters(parameters: readonly PerExampleParameter[]): number {
  let examples: number | undefined;
  parameters.forEach(({size, contributions}, p) => {
    if (!Number.isInteger(size) || size < 0) {
      throw new Error(`parameters[${p}].size must be an integer >= 0, got ${size}`);
    }
    contributions.forEach((contribution, c) => {
      const name = `parameters[${p}].contributions[${c}]`;
      for (const tensor of tensorsOf(contribution, name)) {
        if (tensor.dtype !== 'float32')
          throw new Error(`${name} must hold float32 tensors, got ${tensor.dtype}`);
        examples ??= tensor.shape[0];
        if (tensor.shape[0] !== examples) {
          throw new Error(
            `${name} must have as many examples (axis 0) in each tensor as the other contributions`,
          );
        }
      }
      agree(name, 'coordinates of the gradient', gradientSize(contribution, name), size);
    });
  });
  return examples ?? Infinity; // nothing depends on any example
}

function tensorsOf(contribution: Contribution, name: string): Tensor[] {
  const rank = contribution.kind === 'conv2d' ? 4 : 3;
  const tensors = contribution.kind === 'sum' ? [contribution.dy] : [contribution.x, contribution.dy];
  for (const tensor of tensors) {
    if (tensor.rank !== rank) {
      throw new Error(
        `${name}: tensors of kind '${contribution.kind}' must have rank ${rank}, got rank ${tensor.rank}`,
      );
    }
  }
  return tensors;
}

function gradientSize(contribution: Contribution, name: string): number {
  const dy = contribution.dy.shape as [number, number, number, number];
  if (contribution.kind === 'sum') return dy[2];
  const x = contribution.x.shape as [number, number, number, number];
  if (contribution.kind === 'dense') {
    agree(name, 'positions (axis 1) of dy', dy[1], x[1]);
    return x[2] * dy[2];
  }
  const {filterShape, strides, padTop, padLeft} = contribution;
  agree(name, 'filterShape[2]', filterShape[2], x[3]);
  agree(name, 'filterShape[3]', filterShape[3], dy[3]);
  atLeast(name, 'filterShape and strides', 1, [...filterShape, ...strides]);
  atLeast(name, 'padTop and padLeft', 0, [padTop, padLeft]);
  return filterShape[0] * filterShape[1] * filterShape[2] * filterShape[3];
}

function agree(name: string, what: string, got: number, want: number): void {
  if (got !== want) throw new Error(`${name}: ${what} must be ${want}, got ${got}`);
}

function atLeast(name: string, what: string, least: number, values: number[]): void {
  if (!values.every((value) => Number.isInteger(value) && value >= least)) {
    throw new Error(`${name}: ${what} must be integers >= ${least}, got ${values.join(', ')}`);
  }
}
