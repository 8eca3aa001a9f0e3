import type {DataType, Tensor} from '@tensorflow/tfjs-core';
import type {Contribution, PerExampleParameter} from './contribution.js';

/**
 * Checks shapes and dtypes once, before any address is taken, and returns the number of examples. Errors leave
 * that number out: under Poisson sampling it is secret.
 */
export function validateParameters(parameters: readonly PerExampleParameter[]): number {
  let examples: number | undefined;
  parameters.forEach((parameter, p) => {
    validateSizes(parameter, `parameters[${p}]`);
    parameter.contributions.forEach((contribution, c) => {
      const name = `parameters[${p}].contributions[${c}]`;
      const images = imagesPerExampleOf(contribution);
      for (const {shape} of tensorsOf(contribution)) {
        const [rows = 0] = shape;
        if (rows % images !== 0) {
          throw new Error(`${name}: axis 0 must be a multiple of imagesPerExample, which is ${images}`);
        }
        examples ??= rows / images;
        if (rows !== examples * images) {
          throw new Error(
            `${name} must have as many examples (axis 0) in each tensor as the other contributions`,
          );
        }
      }
    });
  });
  return examples ?? Infinity; // nothing depends on any example
}

/** Checks all of a parameter but the number of its examples. */
export function validateSizes({size, contributions}: PerExampleParameter, name: string): void {
  if (!Number.isInteger(size) || size < 0) {
    throw new Error(`${name}.size must be an integer >= 0, got ${size}`);
  }
  contributions.forEach((contribution, c) => {
    const inner = `${name}.contributions[${c}]`;
    checkTensors(contribution, inner);
    agree(inner, 'coordinates of the gradient', gradientSize(contribution, inner), size);
  });
}

/** The rank of an output gradient, and of x. */
const RANKS: Record<Contribution['kind'], number> = {
  dense: 3,
  conv2d: 4,
  conv3d: 5,
  depthwiseConv2d: 4,
  embedding: 3,
  sum: 3,
};

/** All tensors of a contribution, the output gradient first. */
export function tensorsOf(contribution: Contribution): Tensor[] {
  switch (contribution.kind) {
    case 'sum':
      return [contribution.dy];
    case 'embedding':
      return [contribution.dy, contribution.indices];
    default:
      return [contribution.dy, contribution.x];
  }
}

function imagesPerExampleOf(contribution: Contribution): number {
  return 'imagesPerExample' in contribution ? (contribution.imagesPerExample ?? 1) : 1;
}

function checkTensors(contribution: Contribution, name: string): void {
  const {kind} = contribution;
  const images = imagesPerExampleOf(contribution);
  atLeast(name, 'imagesPerExample', 1, [images]);
  for (const tensor of tensorsOf(contribution)) {
    const isIndices = kind === 'embedding' && tensor === contribution.indices;
    const what = isIndices ? 'indices' : 'tensors';
    const dtype: DataType = isIndices ? 'int32' : 'float32';
    const rank = isIndices ? 2 : RANKS[kind];
    if (tensor.dtype !== dtype) throw new Error(`${name} must hold ${dtype} ${what}, got ${tensor.dtype}`);
    if (tensor.rank !== rank) {
      throw new Error(`${name}: ${what} of kind '${kind}' must have rank ${rank}, got rank ${tensor.rank}`);
    }
  }
}

function gradientSize(contribution: Contribution, name: string): number {
  const dy = contribution.dy.shape;
  const last = dy.at(-1) as number;
  switch (contribution.kind) {
    case 'sum':
      return last;
    case 'dense': {
      const x = contribution.x.shape as [number, number, number];
      agree(name, 'positions (axis 1) of dy', dy[1], x[1]);
      return x[2] * last;
    }
    case 'embedding':
      agree(name, 'positions (axis 1) of dy', dy[1], contribution.indices.shape[1]);
      atLeast(name, 'rows', 0, [contribution.rows]);
      return contribution.rows * last;
    case 'conv2d':
      agree(name, 'filterShape[3]', contribution.filterShape[3], last);
      break;
    case 'conv3d':
      agree(name, 'filterShape[4]', contribution.filterShape[4], last);
      atLeast(name, 'padFront', 0, [contribution.padFront]);
      break;
    case 'depthwiseConv2d':
      agree(
        name,
        'channels (last axis) of dy',
        last,
        contribution.filterShape[2] * contribution.filterShape[3],
      );
  }
  const {x, filterShape, strides, padTop, padLeft} = contribution;
  const channelAxis = filterShape.length - 2;
  agree(name, `filterShape[${channelAxis}]`, filterShape.at(-2), x.shape.at(-1));
  atLeast(name, 'filterShape and strides', 1, [...filterShape, ...strides]);
  atLeast(name, 'padTop and padLeft', 0, [padTop, padLeft]);
  return filterShape.reduce((product, n) => product * n, 1);
}

function agree(name: string, what: string, got: number | undefined, want: number | undefined): void {
  if (got !== want) throw new Error(`${name}: ${what} must be ${want}, got ${got}`);
}

function atLeast(name: string, what: string, least: number, values: number[]): void {
  if (!values.every((value) => Number.isInteger(value) && value >= least)) {
    throw new Error(
      `${name}: ${what} must be ${values.length === 1 ? 'an integer' : 'integers'} >= ${least}, got ${values.join(', ')}`,
    );
  }
}
