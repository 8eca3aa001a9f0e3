import * as tf from '@tensorflow/tfjs-core';
import {DpError} from '@dp/optimizers';

import {listOf, type Examples} from '../data/dataset.js';

/** Weight by class index. */
export type ClassWeight = Readonly<Record<number, number>>;

/** One map, or one an output, in their order or by name. */
export type ClassWeights = ClassWeight | readonly ClassWeight[] | Readonly<Record<string, ClassWeight>>;

/** What is known of one output. */
interface Output {
  readonly name: string;
  /** Its shape, examples first. */
  readonly shape: readonly (number | null)[];
}

/**
 * How much each example weighs in each output's loss: the weight of its class, times its sample weight. Both depend on its own
 * record alone, and no batch is divided by the sum of its weights (privacy rule 13).
 *
 * @param outputs - Of the model.
 * @returns Undefined where nothing has a weight.
 * @throws DpError INVALID_OPTION for a map that does not name every class: that a class occurs would be told by an error later.
 */
export function exampleWeights(
  outputs: readonly Output[],
  classWeight: ClassWeights | undefined,
): (batch: Examples) => (tf.Tensor | undefined)[] {
  const tables = outputs.map((output, o) => tableOf(output, mapOf(outputs, o, classWeight)));
  return ({y, sampleWeight}) =>
    listOf(y).map((labels, o) => {
      const table = tables[o];
      if (table === undefined) return sampleWeight && tf.cast(sampleWeight, 'float32');
      return tf.tidy(() => {
        const ofClass = tf.gather(tf.tensor1d(table), classesOf(labels));
        return sampleWeight === undefined ? ofClass : tf.mul(ofClass, sampleWeight);
      });
    });
}

function mapOf(
  outputs: readonly Output[],
  o: number,
  classWeight: ClassWeights | undefined,
): ClassWeight | undefined {
  if (classWeight === undefined) return undefined;
  if (Array.isArray(classWeight)) return (classWeight as readonly ClassWeight[])[o];
  const name = outputs[o]?.name ?? '';
  if (Object.hasOwn(classWeight, name)) return (classWeight as Readonly<Record<string, ClassWeight>>)[name];
  return outputs.length === 1 ? (classWeight as ClassWeight) : undefined;
}

function tableOf({name, shape}: Output, map: ClassWeight | undefined): number[] | undefined {
  if (map === undefined) return undefined;
  const last = shape.length === 2 ? (shape[1] ?? 0) : 0;
  const classes = last === 1 ? 2 : last;
  if (classes === 0) {
    throw new DpError(
      'UNSUPPORTED',
      `classWeight is for outputs of shape [B, classes], and '${name}' has [${shape.join(', ')}]; use sampleWeight`,
    );
  }
  return Array.from({length: classes}, (_, k) => {
    const weight = map[k];
    if (weight !== undefined && Number.isFinite(weight) && weight >= 0) return weight;
    throw new DpError(
      'INVALID_OPTION',
      `classWeight must give every class of output '${name}' (0 to ${classes - 1}) a finite number >= 0, got ${weight} for class ${k}`,
    );
  });
}

/** Of labels [B], [B, 1] or one-hot [B, classes]. */
function classesOf(labels: tf.Tensor): tf.Tensor1D {
  const isOneHot = labels.rank === 2 && (labels.shape[1] ?? 1) > 1;
  return tf.cast(isOneHot ? tf.argMax(labels, 1) : tf.reshape(labels, [-1]), 'int32');
}
