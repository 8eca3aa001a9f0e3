import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {explicitGradient} from './explicit.js';

type FilterShape = [number, number, number, number];

/** A block of a parameter. */
export interface Part {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly begin: readonly number[];
}

/** A parameter cut along one axis. */
export interface Split {
  readonly input: readonly number[];
  readonly outputs: readonly (readonly number[])[];
  readonly axis: number;
}

/** A contribution to a block of a parameter, as one to the whole of it: zero elsewhere. */
export function paddedGradient(
  contribution: Contribution,
  {input, output, begin}: Part,
  batchSize: number,
  name: string,
): Contribution {
  const paddings = input.map((size, axis): [number, number] => {
    const before = begin[axis] ?? 0;
    return [before, size - before - (output[axis] ?? 0)];
  });
  if (contribution.kind === 'dense') {
    // The matrix's rows are the leading axes of the block, its columns the trailing ones.
    const {x, dy} = contribution;
    const split = output.findIndex((_, axis) => prefix(output, axis) === x.shape[2]);
    if (split >= 0) {
      return {
        kind: 'dense',
        x: padLast(x, output.slice(0, split), paddings.slice(0, split)),
        dy: padLast(dy, output.slice(split), paddings.slice(split)),
      };
    }
  }
  if (
    contribution.kind === 'conv2d' &&
    paddings.slice(0, 2).every(([before, after]) => before + after === 0)
  ) {
    return {
      ...contribution,
      x: padLast(contribution.x, output.slice(2, 3), paddings.slice(2, 3)),
      dy: padLast(contribution.dy, output.slice(3), paddings.slice(3)),
      filterShape: input as FilterShape,
    };
  }
  const {dy} = explicitGradient(contribution, batchSize, name);
  return {kind: 'sum', dy: padLast(dy, output, paddings)};
}

/**
 * Contributions to the parts of a parameter that was cut along an axis. Parts that meet the same input (the gates of a
 * recurrent cell) become one contribution again; others are padded.
 */
export function splitGradient(
  parts: readonly (readonly Contribution[])[],
  {input, outputs, axis}: Split,
  batchSize: number,
  name: string,
): Contribution[] {
  let start = 0;
  const groups: Gates[] = [];
  const padded: Contribution[] = [];
  parts.forEach((contributions, part) => {
    const output = outputs[part] ?? [];
    const begin = input.map((_, own) => (own === axis ? start : 0));
    for (const contribution of contributions) {
      const gates = axis === input.length - 1 ? gatesOf(contribution, output) : undefined;
      if (gates === undefined) {
        padded.push(paddedGradient(contribution, {input, output, begin}, batchSize, name));
      } else {
        const group = groups.find(
          (known) => known.key === gates.key && known.x === gates.x && !known.dys.has(part),
        );
        if (group === undefined) groups.push({...gates, dys: new Map([[part, gates.first.dy]])});
        else group.dys.set(part, gates.first.dy);
      }
    }
    start += output[axis] ?? 0;
  });
  const joined = groups.map(({first, dys}): Contribution => {
    const all = outputs.map((output, part) => {
      const shape = [...first.dy.shape.slice(0, -1), output[axis] ?? 0];
      return dys.get(part) ?? tf.zeros(shape);
    });
    const dy = tf.concat(all, -1);
    return first.kind === 'dense' ? {...first, dy} : {...first, dy, filterShape: input as FilterShape};
  });
  return [...joined, ...padded];
}

type ByColumns = Extract<Contribution, {kind: 'dense' | 'conv2d'}>;

interface Gates {
  readonly first: ByColumns;
  /** Where the input's values lie: equal for all parts that meet the same input. */
  readonly x: object;
  readonly key: string;
  readonly dys: Map<number, tf.Tensor>;
}

/** A contribution whose last axis is the parameter's. */
function gatesOf(contribution: Contribution, output: readonly number[]): Omit<Gates, 'dys'> | undefined {
  const columns = output.at(-1);
  if (contribution.kind === 'dense' && contribution.dy.shape[2] === columns) {
    return {first: contribution, x: contribution.x.dataId, key: `dense ${contribution.x.shape.join()}`};
  }
  if (contribution.kind === 'conv2d') {
    const {x, dy, filterShape, ...geometry} = contribution;
    const key = JSON.stringify([x.shape, dy.shape.slice(0, -1), filterShape.slice(0, -1), geometry]);
    return {first: contribution, x: x.dataId, key};
  }
  return undefined;
}

/** Pads the last axis, seen as several axes. */
function padLast(
  tensor: tf.Tensor,
  axes: readonly number[],
  paddings: readonly (readonly [number, number])[],
): tf.Tensor {
  if (paddings.every(([before, after]) => before + after === 0)) return tensor;
  const lead = tensor.shape.slice(0, -1);
  const flat = lead.reduce((product, size) => product * size, 1);
  const wide = tf.pad(tf.reshape(tensor, [flat, ...axes]), [
    [0, 0],
    ...paddings.map(([before, after]): [number, number] => [before, after]),
  ]);
  return tf.reshape(wide, [...lead, wide.size / Math.max(flat, 1)]);
}

function prefix(shape: readonly number[], axis: number): number {
  return shape.slice(0, axis).reduce((product, size) => product * size, 1);
}
