import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {decayAt, type WeightAveraging} from './averaging.js';

type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

const SUFFIX = '/ema';

/** Whether a weight of an optimizer is an average. */
export function isAverage({name}: NamedTensor): boolean {
  return name.endsWith(SUFFIX);
}

/** Averages of variables over steps, which see private weights only. */
export class WeightAverages {
  /** By variable name. */
  private readonly averages = new Map<string, tf.Variable>();
  private swapped = false;

  constructor(private readonly averaging: WeightAveraging) {}

  /** @throws DpError INVALID_OPTION while the averages stand in the variables' place. */
  checkNotSwapped(): void {
    if (!this.swapped) return;
    throw new DpError(
      'INVALID_OPTION',
      'the weights are replaced by their averages just now: wait for withAveragedWeights to end before the next step',
    );
  }

  /** @param step - Of the update that was just made, from 0. */
  update(names: readonly string[], step: number): void {
    const decay = decayAt(this.averaging, step);
    for (const name of names) {
      const weight = variableOf(name);
      const average = this.averages.get(name);
      tf.tidy(() => {
        if (average === undefined) this.averages.set(name, tf.variable(weight, false));
        else average.assign(tf.add(tf.mul(average, decay), tf.mul(weight, 1 - decay)));
      });
    }
  }

  /** Runs `f` while the averages stand in the variables' place. */
  async swappedIn<R>(f: () => R | Promise<R>): Promise<R> {
    this.checkNotSwapped();
    const weights = [...this.averages].map(([name, average]) => {
      const variable = variableOf(name);
      const weight = variable.clone();
      variable.assign(average);
      return {variable, weight};
    });
    this.swapped = true;
    try {
      return await f();
    } finally {
      this.swapped = false;
      for (const {variable, weight} of weights) {
        variable.assign(weight);
        weight.dispose();
      }
    }
  }

  /** The live averages. */
  get weights(): NamedTensor[] {
    return Array.from(this.averages, ([name, tensor]) => ({name: name + SUFFIX, tensor}));
  }

  set weights(weights: readonly NamedTensor[]) {
    this.dispose();
    for (const {name, tensor} of weights)
      this.averages.set(name.slice(0, -SUFFIX.length), tf.variable(tensor, false));
  }

  dispose(): void {
    for (const average of this.averages.values()) average.dispose();
    this.averages.clear();
  }
}

function variableOf(name: string): tf.Variable {
  const variable = tf.engine().registeredVariables[name];
  if (variable !== undefined) return variable;
  throw new DpError(
    'INVALID_OPTION',
    `there is no variable '${name}' any more, of which the average is kept`,
  );
}
