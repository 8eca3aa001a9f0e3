import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type {Contribution, ConvolutionImages, PerExampleParameter} from '../clip_and_sum/contribution.js';
import {tensorsOf} from '../clip_and_sum/validate.js';

interface ConvolutionShape {
  kind: 'conv2d' | 'conv3d' | 'depthwiseConv2d';
  images: number;
  channels: number;
  /** A depthwise convolution's multiplier. */
  filters: number;
  /** One value for each spatial axis. */
  axes: readonly {filter: number; stride: number; out: number; pad: number; beyond: number}[];
}

/** The shapes of a random network: what {@link makeParameters} turns into tensors. */
export type ContributionShape =
  | {kind: 'dense'; positions: number; rows: number; columns: number}
  | {kind: 'embedding'; positions: number; rows: number; columns: number}
  | {kind: 'sum'; positions: number; columns: number}
  | ConvolutionShape;

const upTo = (max: number) => fc.integer({min: 1, max});

const denseShape = fc.record({
  kind: fc.constant('dense' as const),
  positions: fc.oneof(fc.constant(1), fc.integer({min: 0, max: 6})),
  rows: upTo(19),
  columns: upTo(19),
});

const embeddingShape = fc.record({
  kind: fc.constant('embedding' as const),
  positions: fc.integer({min: 0, max: 9}),
  rows: upTo(12),
  columns: upTo(19),
});

const convolutionShape = (kind: ConvolutionShape['kind'], dimensions: number, size: number) =>
  fc.record({
    kind: fc.constant(kind),
    images: fc.oneof(fc.constant(1), upTo(3)),
    channels: upTo(6),
    filters: upTo(kind === 'depthwiseConv2d' ? 3 : 12),
    axes: fc.array(
      fc.record({
        filter: upTo(size),
        stride: upTo(3),
        out: upTo(size),
        pad: fc.integer({min: 0, max: 3}),
        beyond: fc.integer({min: -2, max: 2}),
      }),
      {minLength: dimensions, maxLength: dimensions},
    ),
  });

const sumShape = fc.record({
  kind: fc.constant('sum' as const),
  positions: fc.integer({min: 0, max: 6}),
  columns: upTo(40),
});

/** Another use of the same variable: at other positions or images, and of an embedding as a dense weight too. */
function reuse(shape: ContributionShape, more: number): ContributionShape {
  if ('images' in shape) return {...shape, images: 1 + (more % 3)};
  if (shape.kind === 'embedding' && more % 2 === 0) return {...shape, kind: 'dense'};
  return {...shape, positions: more};
}

/** Parameters with one to three uses each. */
export const networkShapes: fc.Arbitrary<ContributionShape[][]> = fc.array(
  fc
    .tuple(
      fc.oneof(
        denseShape,
        embeddingShape,
        convolutionShape('conv2d', 2, 5),
        convolutionShape('conv3d', 3, 3),
        convolutionShape('depthwiseConv2d', 2, 5),
        sumShape,
      ),
      fc.oneof(fc.constant([]), fc.array(fc.nat({max: 6}), {maxLength: 2})),
    )
    .map(([shape, others]) => [shape, ...others.map((more) => reuse(shape, more))]),
  {minLength: 0, maxLength: 4},
);

/** Tensors for the shapes, on the current backend. */
export function makeParameters(
  shapes: readonly (readonly ContributionShape[])[],
  batch: number,
  next: () => number,
  values: (next: () => number, length: number) => Float32Array,
): PerExampleParameter[] {
  const tensor = (shape: number[]) => tf.tensor(values(next, tf.util.sizeFromShape(shape)), shape);
  const contribution = (s: ContributionShape): Contribution => {
    switch (s.kind) {
      case 'dense':
        return {
          kind: 'dense',
          x: tensor([batch, s.positions, s.rows]),
          dy: tensor([batch, s.positions, s.columns]),
        };
      case 'embedding': {
        const ids = Int32Array.from({length: batch * s.positions}, () => Math.floor(next() * s.rows));
        return {
          kind: 'embedding',
          indices: tf.tensor(ids, [batch, s.positions], 'int32'),
          dy: tensor([batch, s.positions, s.columns]),
          rows: s.rows,
        };
      }
      case 'sum':
        return {kind: 'sum', dy: tensor([batch, s.positions, s.columns])};
      default:
        return convolution(s, batch, tensor);
    }
  };
  return shapes.map((uses) => ({size: sizeOf(uses[0]!), contributions: uses.map(contribution)}));
}

function convolution(
  {kind, images, channels, filters, axes}: ConvolutionShape,
  batch: number,
  tensor: (shape: number[]) => tf.Tensor,
): Contribution {
  const inputs = axes.map((a) => Math.max(1, (a.out - 1) * a.stride + a.filter - a.pad - a.beyond));
  const outputs = axes.map((a) => a.out);
  const outChannels = kind === 'depthwiseConv2d' ? channels * filters : filters;
  const [first, second, third] = axes as [(typeof axes)[0], (typeof axes)[0], ...typeof axes];
  const tensors: ConvolutionImages = {
    x: tensor([batch * images, ...inputs, channels]),
    dy: tensor([batch * images, ...outputs, outChannels]),
    ...(images === 1 ? {} : {imagesPerExample: images}),
  };
  if (kind === 'conv3d') {
    return {
      kind,
      ...tensors,
      filterShape: [first.filter, second.filter, third!.filter, channels, filters],
      strides: [first.stride, second.stride, third!.stride],
      padFront: first.pad,
      padTop: second.pad,
      padLeft: third!.pad,
    };
  }
  return {
    kind,
    ...tensors,
    filterShape: [first.filter, second.filter, channels, filters],
    strides: [first.stride, second.stride],
    padTop: first.pad,
    padLeft: second.pad,
  };
}

function sizeOf(shape: ContributionShape): number {
  switch (shape.kind) {
    case 'dense':
    case 'embedding':
      return shape.rows * shape.columns;
    case 'sum':
      return shape.columns;
    default:
      return shape.axes.reduce((product, {filter}) => product * filter, shape.channels * shape.filters);
  }
}

export function disposeParameters(parameters: readonly PerExampleParameter[]): void {
  tf.dispose(parameters.flatMap(({contributions}) => contributions.flatMap(tensorsOf)));
}
