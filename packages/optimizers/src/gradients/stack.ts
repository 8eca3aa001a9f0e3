import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

/**
 * Uses of one parameter with the same shapes put end to end, so that T steps of a recurrent layer are one product of T
 * positions. Sums over positions and images are part of every contribution's meaning.
 */
export function stackUses(contributions: readonly Contribution[], batchSize: number): Contribution[] {
  const alike = new Map<string, Contribution[]>();
  for (const contribution of contributions) {
    const key = signature(contribution);
    alike.set(key, [...(alike.get(key) ?? []), contribution]);
  }
  return [...alike.values()].flatMap((uses) => {
    const [first, ...more] = uses;
    return first === undefined || more.length === 0 ? uses : [stacked(first, uses, batchSize)];
  });
}

/** Equal for contributions that may be put end to end. */
function signature(contribution: Contribution): string {
  switch (contribution.kind) {
    case 'sum':
      return 'sum';
    case 'dense':
      return `dense ${contribution.x.shape[2] ?? 0} ${contribution.dy.shape[2] ?? 0}`;
    case 'embedding':
      return 'embedding';
    default: {
      const {x, dy, ...geometry} = contribution;
      return JSON.stringify([{...geometry, imagesPerExample: 1}, x.shape.slice(1), dy.shape.slice(1)]);
    }
  }
}

function stacked(first: Contribution, uses: readonly Contribution[], batchSize: number): Contribution {
  const join = (part: 'x' | 'dy' | 'indices'): tf.Tensor =>
    tf.concat(
      uses.flatMap((use) => (use as Partial<Record<typeof part, tf.Tensor>>)[part] ?? []),
      1,
    );
  switch (first.kind) {
    case 'sum':
      return {...first, dy: join('dy')};
    case 'dense':
      return {...first, x: join('x'), dy: join('dy')};
    case 'embedding':
      return {...first, indices: join('indices'), dy: join('dy')};
    default: {
      const images = (part: 'x' | 'dy'): tf.Tensor => {
        const perExample = uses.map((use) => {
          const tensor = use.kind === first.kind ? use[part] : first[part];
          return tf.reshape(tensor, [batchSize, -1, ...tensor.shape.slice(1)]);
        });
        const joined = tf.concat(perExample, 1);
        return tf.reshape(joined, [-1, ...joined.shape.slice(2)]);
      };
      const x = images('x');
      return {...first, x, dy: images('dy'), imagesPerExample: x.shape[0] / batchSize};
    }
  }
}
