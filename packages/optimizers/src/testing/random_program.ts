import * as tf from '@tensorflow/tfjs-core';
import {WordReader, boundedInteger, seededSource} from '@dp/random';

/** Choices of a generator, reproducible from a seed. */
export class Choices {
  private readonly words: WordReader;

  constructor(seed: number) {
    this.words = new WordReader(seededSource(seed));
  }

  below(bound: number): number {
    return boundedInteger(bound, this.words);
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  }

  /** A value around zero with few digits, so that sums of it are exact in any order. */
  value(): number {
    return (this.below(64) - 32) / 16;
  }

  values(size: number): Float32Array {
    return Float32Array.from({length: size}, () => this.value());
  }
}

/** What a program computes with: the batch, a parameter, and the tensors so far. */
interface Pool {
  readonly tensors: tf.Tensor[];
  readonly parameter: tf.Tensor;
}

type Step = (choices: Choices, pool: Pool) => tf.Tensor | undefined;

const UNARY = [
  tf.relu,
  tf.tanh,
  tf.abs,
  tf.neg,
  tf.square,
  tf.sigmoid,
  tf.sin,
  tf.floor,
  tf.step,
  tf.softplus,
];
const BINARY = [tf.add, tf.sub, tf.mul, tf.maximum, tf.minimum, tf.squaredDifference];
const REDUCTIONS = [tf.sum, tf.mean, tf.max, tf.min];

function recent(choices: Choices, {tensors}: Pool): tf.Tensor {
  // Mostly the last ones, so that programs get deep.
  const back = Math.min(tensors.length, choices.below(3) === 0 ? tensors.length : 2);
  return choices.pick(tensors.slice(-back));
}

function axisOf(choices: Choices, tensor: tf.Tensor): number | undefined {
  return tensor.rank === 0 ? undefined : choices.below(tensor.rank);
}

const unary: Step = (choices, pool) => choices.pick(UNARY)(recent(choices, pool));

const binary: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const b = choices.pick([...pool.tensors, pool.parameter]);
  try {
    tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  } catch {
    return undefined;
  }
  return choices.pick(BINARY)(a, b);
};

const constant: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const uniform = choices.below(2) === 0;
  const table = uniform
    ? tf.fill(a.shape, choices.value())
    : tf.tensor(choices.values(a.size), a.shape, 'float32');
  return choices.pick([tf.add, tf.mul])(a, table);
};

const reduce: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const axis = axisOf(choices, a);
  return axis === undefined ? undefined : choices.pick(REDUCTIONS)(a, axis, choices.below(2) === 0);
};

const product: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const b = choices.pick([...pool.tensors, pool.parameter, pool.parameter]);
  const transposeB = choices.below(3) === 0;
  if (a.rank < 2 || b.rank < 2) return undefined;
  const inner = transposeB ? b.shape[b.rank - 1] : b.shape[b.rank - 2];
  if (a.shape[a.rank - 1] !== inner) return undefined;
  if (a.rank !== b.rank && b.rank !== 2 && a.rank !== 2) return undefined;
  try {
    return tf.matMul(a, b, false, transposeB);
  } catch {
    return undefined; // batch dimensions that do not broadcast
  }
};

const transpose: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const axes = [...a.shape.keys()];
  const permutation: number[] = [];
  while (axes.length > 0) permutation.push(...axes.splice(choices.below(axes.length), 1));
  return a.rank < 2 ? undefined : tf.transpose(a, permutation);
};

const reshape: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const shape = a.shape.slice();
  if (shape.length >= 2 && choices.below(2) === 0) {
    const at = choices.below(shape.length - 1);
    shape.splice(at, 2, (shape[at] ?? 1) * (shape[at + 1] ?? 1));
  } else if (shape.length >= 1) {
    const at = choices.below(shape.length);
    const size = shape[at] ?? 1;
    const factors = [1, 2, 3, 4].filter((factor) => size % factor === 0);
    const factor = choices.pick(factors);
    shape.splice(at, 1, factor, size / factor);
  }
  return shape.length > 5 ? undefined : tf.reshape(a, shape);
};

const alongAxis: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const axis = axisOf(choices, a);
  if (axis === undefined || a.rank > 4) return undefined;
  const size = a.shape[axis] ?? 1;
  const part = (): tf.Tensor => {
    const begin = a.shape.map((_, i) => (i === axis ? choices.below(size) : 0));
    const length = a.shape.map((n, i) => (i === axis ? 1 + choices.below(size - (begin[i] ?? 0)) : n));
    return tf.slice(a, begin, length);
  };
  switch (choices.below(8)) {
    case 0:
      return tf.cumsum(a, axis);
    case 1:
      return part();
    case 2:
      return tf.reverse(a, axis);
    case 3:
      return tf.concat([a, tf.neg(a)], axis);
    case 4:
      return tf.pad(
        a,
        a.shape.map((_, i): [number, number] => (i === axis ? [1, 0] : [0, 0])),
      );
    case 5:
      return tf.tile(
        a,
        a.shape.map((_, i) => (i === axis ? 2 : 1)),
      );
    case 6:
      return tf.gather(a, tf.tensor1d([choices.below(size), choices.below(size)], 'int32'), axis);
    default:
      return tf.expandDims(a, axis);
  }
};

const select: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const b = choices.pick(pool.tensors);
  return b.shape.join() === a.shape.join() ? tf.where(tf.greater(b, 0), a, tf.neg(b)) : undefined;
};

const softmax: Step = (choices, pool) => {
  const a = recent(choices, pool);
  return a.rank === 0 ? undefined : tf.softmax(a);
};

const splitUp: Step = (choices, pool) => {
  const a = recent(choices, pool);
  const axis = axisOf(choices, a);
  if (axis === undefined) return undefined;
  const parts = tf.unstack(a, axis);
  if (choices.below(3) === 0) return parts[0];
  const target = choices.below(a.rank);
  // Stacked where they were taken from, in their order, parts would be what they were.
  return tf.stack(target === axis || choices.below(2) === 0 ? parts.reverse() : parts, target);
};

const STEPS: readonly Step[] = [
  ...[unary, unary, binary, binary, constant, reduce, product, product],
  ...[transpose, reshape, reshape, alongAxis, alongAxis, select, softmax, splitUp],
];

const MAX_SIZE = 4096;

/**
 * A random program on a batch: the same for the same seed and shapes. Batches have as many examples as they have positions
 * and features, so that a size could be taken for lineage. Roughly half of all programs mix examples.
 *
 * @returns The program's per-example losses [B], or undefined where no tensor of the program has an axis of B rows in front.
 */
export function runProgram(seed: number, x: tf.Tensor, parameter: tf.Tensor): tf.Tensor | undefined {
  const choices = new Choices(seed);
  const pool: Pool = {tensors: [x], parameter};
  const length = 2 + choices.below(8);
  for (let made = 0, tries = 0; made < length && tries < 30; tries++) {
    const tensor = choices.pick(STEPS)(choices, pool);
    if (tensor === undefined || tensor.size > MAX_SIZE || tensor.size === 0) continue;
    pool.tensors.push(tensor);
    made++;
  }
  const batchSize = x.shape[0];
  const outputs = pool.tensors.filter((tensor) => tensor.rank >= 1 && tensor.shape[0] === batchSize);
  const last = outputs.at(-1);
  return last === undefined || last === x ? undefined : tf.mean(tf.reshape(last, [batchSize, -1]), 1);
}
