import type * as tf from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import fc from 'fast-check';

export type Shape4 = [number, number, number, number];
export type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

export interface ConvCase {
  readonly inputShape: Shape4;
  readonly filter: [number, number];
  readonly strides: [number, number];
  readonly pad: Padding;
  /** The output's height and width. */
  readonly out: [number, number];
}

const size = (max: number) => fc.integer({min: 1, max});
const pads = fc.nat({max: 3});

/** Convolutions and poolings over small images: every stride, every kind of padding. */
export const convCases = (maxChannels: number): fc.Arbitrary<ConvCase> =>
  fc
    .record({
      inputShape: fc.tuple(size(3), size(9), size(9), size(maxChannels)),
      filter: fc.tuple(size(4), size(4)),
      strides: fc.tuple(size(3), size(3)),
      pad: fc.oneof(
        fc.constant('same' as const),
        fc.constant('valid' as const),
        fc.nat({max: 2}),
        fc.tuple(pads, pads, pads, pads).map(([t, b, l, r]): tf.backend_util.ExplicitPadding => [
          [0, 0],
          [t, b],
          [l, r],
          [0, 0],
        ]),
      ),
    })
    .map((c) => {
      const square = typeof c.pad === 'number';
      // tf.js computes the output of numeric padding from the filter's height and the first stride alone.
      const filter: [number, number] = square ? [c.filter[0], c.filter[0]] : c.filter;
      const strides: [number, number] = square ? [c.strides[0], c.strides[0]] : c.strides;
      const info = backend_util.computePool2DInfo(c.inputShape, filter, strides, 1, c.pad);
      return {...c, filter, strides, out: [info.outHeight, info.outWidth] as [number, number]};
    })
    .filter(({out}) => out[0] > 0 && out[1] > 0);
