import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type {Contribution, PerExampleParameter} from '../clip_and_sum/contribution.js';

/** The shapes of a random network: what {@link makeParameters} turns into tensors. */
export type ContributionShape =
  | {kind: 'dense'; positions: number; rows: number; columns: number}
  | {kind: 'sum'; positions: number; columns: number}
  | {
      kind: 'conv2d';
      channels: number;
      filters: number;
      filter: [number, number];
      strides: [number, number];
      out: [number, number];
      pad: [number, number];
      beyond: [number, number];
    };

const small = fc.integer({min: 1, max: 5});
const wide = fc.integer({min: 1, max: 19});

const denseShape = fc.record({
  kind: fc.constant('dense' as const),
  positions: fc.oneof(fc.constant(1), fc.integer({min: 0, max: 6})),
  rows: wide,
  columns: wide,
});

const convShape = fc.record({
  kind: fc.constant('conv2d' as const),
  channels: fc.integer({min: 1, max: 6}),
  filters: fc.integer({min: 1, max: 12}),
  filter: fc.tuple(small, small),
  strides: fc.tuple(fc.integer({min: 1, max: 3}), fc.integer({min: 1, max: 3})),
  out: fc.tuple(small, small),
  pad: fc.tuple(fc.integer({min: 0, max: 3}), fc.integer({min: 0, max: 3})),
  beyond: fc.tuple(fc.integer({min: -2, max: 2}), fc.integer({min: -2, max: 2})),
});

const sumShape = fc.record({
  kind: fc.constant('sum' as const),
  positions: fc.integer({min: 0, max: 6}),
  columns: fc.integer({min: 1, max: 40}),
});

/** Parameters with one to three uses each; a shared variable repeats its shape with other positions. */
export const networkShapes: fc.Arbitrary<ContributionShape[][]> = fc.array(
  fc
    .oneof(denseShape, convShape, sumShape)
    .chain((shape) =>
      fc
        .integer({min: 0, max: 2})
        .map((more) => [
          shape,
          ...Array.from({length: more}, (_, i) =>
            shape.kind === 'conv2d' ? shape : {...shape, positions: shape.positions + i},
          ),
        ]),
    ),
  {minLength: 0, maxLength: 4},
);

/** Tensors for the shapes, on the current backend. */
export function makeParameters(
  shapes: readonly (readonly ContributionShape[])[],
  batch: number,
  fill: (length: number) => Float32Array,
): PerExampleParameter[] {
  const tensor = (shape: number[]) =>
    tf.tensor(fill(shape.reduce((a, b) => a * b, batch)), [batch, ...shape]);
  const contribution = (s: ContributionShape): Contribution => {
    switch (s.kind) {
      case 'dense':
        return {kind: 'dense', x: tensor([s.positions, s.rows]), dy: tensor([s.positions, s.columns])};
      case 'sum':
        return {kind: 'sum', dy: tensor([s.positions, s.columns])};
      case 'conv2d': {
        const covered = [0, 1].map((a) => (s.out[a]! - 1) * s.strides[a]! + s.filter[a]!);
        const [height, width] = [0, 1].map((a) => Math.max(1, covered[a]! - s.pad[a]! - s.beyond[a]!));
        return {
          kind: 'conv2d',
          x: tensor([height!, width!, s.channels]),
          dy: tensor([...s.out, s.filters]),
          filterShape: [...s.filter, s.channels, s.filters],
          strides: s.strides,
          padTop: s.pad[0],
          padLeft: s.pad[1],
        };
      }
    }
  };
  return shapes.map((uses) => ({size: sizeOf(uses[0]!), contributions: uses.map(contribution)}));
}

function sizeOf(shape: ContributionShape): number {
  switch (shape.kind) {
    case 'dense':
      return shape.rows * shape.columns;
    case 'sum':
      return shape.columns;
    case 'conv2d':
      return shape.filter[0] * shape.filter[1] * shape.channels * shape.filters;
  }
}

export function disposeParameters(parameters: readonly PerExampleParameter[]): void {
  for (const {contributions} of parameters) {
    for (const contribution of contributions) {
      contribution.dy.dispose();
      if (contribution.kind !== 'sum') contribution.x.dispose();
    }
  }
}
