import * as tf from '@tensorflow/tfjs-core';
import {explainParameter, type Contribution, type Strategy} from '@dp/kernels/on-demand';

import {DpError} from '../errors.js';
import {withPerExampleLoss} from '../per_example_loss.js';
import type {PerExampleOptions} from './per_example_gradients.js';

/** How one variable's per-example gradient is formed. */
export interface VariableExplanation {
  readonly name: string;
  readonly shape: readonly number[];
  /** Each use in the forward pass that contributes: its kind, and the shapes that it contracts, examples first. */
  readonly uses: readonly string[];
  /** `outer` and `rows` never form the gradient, `formed` does, one example at a time; `none` is noise alone. */
  readonly strategy: Strategy;
  /** Multiply-adds to form, measure and add one example's gradient. */
  readonly multiplyAdds: number;
}

/** What the library makes of a loss: no value of any example is in it. */
export interface LossExplanation {
  readonly batchSize: number;
  /** Whether the tensors that hold the examples were declared, or taken for the batch because they have B rows. */
  readonly batchTensors: 'declared' | 'assumed';
  readonly variables: readonly VariableExplanation[];
  /** The same as lines of text. */
  readonly text: string;
}

/** What `explain` needs of a `tf.LayersModel`. */
export interface ExplainedModel {
  readonly inputs: readonly {readonly shape: readonly (number | null)[]; readonly dtype: tf.DataType}[];
  readonly trainableWeights: readonly {read(): tf.Tensor}[];
  apply(x: tf.Tensor | tf.Tensor[], options?: {training?: boolean}): unknown;
}

/**
 * Says, for each variable, which rule forms its per-example gradient and at what cost, or throws what a private step would
 * throw. For a model it looks at two examples of zeros; for a loss function at the batch that the function uses.
 *
 * @throws DpError if the examples cannot be proved separate, or an operation has no rule.
 * @example
 * ```ts
 * console.log(explain(model).text);
 * ```
 */
export function explain(model: ExplainedModel): LossExplanation;
export function explain(
  lossFn: () => tf.Tensor,
  variables: readonly tf.Variable[],
  options?: PerExampleOptions,
): LossExplanation;
export function explain(
  subject: ExplainedModel | (() => tf.Tensor),
  variables: readonly tf.Variable[] = [],
  {strategy = 'fast', ...sources}: PerExampleOptions = {},
): LossExplanation {
  if (typeof subject !== 'function') return explainModel(subject);
  const found = withPerExampleLoss(
    {lossFn: subject, variables, sources, strategy},
    ({batchSize, proof: {batchTensors}, contributions}) => {
      const explained = contributions.map((parameter, v): VariableExplanation => {
        const {strategy: chosen, multiplyAdds} = explainParameter(parameter);
        return {
          name: variables[v]?.name ?? '',
          shape: variables[v]?.shape ?? [],
          uses: parameter.contributions.map(useText),
          strategy: chosen,
          multiplyAdds,
        };
      });
      return {
        batchSize,
        batchTensors,
        variables: explained,
        text: textOf(batchSize, batchTensors, explained),
      };
    },
  );
  if (found === undefined)
    throw new DpError('UNSUPPORTED', 'an empty batch has nothing to explain; call it with examples');
  return found;
}

function explainModel(model: ExplainedModel): LossExplanation {
  const variables = model.trainableWeights
    .map((weight) => weight.read())
    .filter((tensor): tensor is tf.Variable => tensor instanceof tf.Variable);
  const batch = model.inputs.map(({shape, dtype}) =>
    tf.zeros([2, ...shape.slice(1).map((size) => size ?? 1)], dtype),
  );
  try {
    const losses = (): tf.Tensor => {
      const outputs = [
        model.apply(batch.length === 1 && batch[0] !== undefined ? batch[0] : batch, {training: true}),
      ].flat();
      return (outputs as tf.Tensor[])
        .map((output) => tf.mean(tf.reshape(output, [2, -1]), 1))
        .reduce((a, b) => tf.add(a, b));
    };
    return explain(losses, variables, {batch});
  } finally {
    tf.dispose(batch);
  }
}

function useText(use: Contribution): string {
  const shapes = Object.values(use as unknown as Record<string, unknown>)
    .filter((value): value is tf.Tensor => value instanceof tf.Tensor)
    .map((tensor) => `[${tensor.shape.join(', ')}]`);
  return `${use.kind} ${shapes.join(' x ')}`;
}

function textOf(batchSize: number, batchTensors: string, variables: readonly VariableExplanation[]): string {
  const width = Math.max(0, ...variables.map(({name}) => name.length));
  const rows = variables.map(({name, shape, uses, strategy, multiplyAdds}) => {
    const formed = `${uses.join(' + ') || 'not used by the loss'} (${strategy})`;
    return `${name.padEnd(width)}  [${shape.join(', ')}]  ${formed}  ${multiplyAdds.toLocaleString('en-US')} multiply-adds an example`;
  });
  return [`${batchSize} examples, proved separate; batch tensors ${batchTensors}`, ...rows].join('\n');
}
