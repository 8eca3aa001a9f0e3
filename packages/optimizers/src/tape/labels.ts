import type * as tf from '@tensorflow/tfjs-core';

/**
 * What a tensor of the recorded graph depends on (privacy rule S2). Labels follow the lineage of the batch axis, never
 * its size: B may equal a sequence length or a number of channels.
 */
export type Label =
  /**
   * Depends on no example. `rows` says how it varies: `uniform` everywhere the same; `exchangeable` random and fresh
   * (a dropout mask), so that an example's row has no meaning; `positional` anything else.
   */
  | {readonly kind: 'public'; readonly rows: 'uniform' | 'exchangeable' | 'positional'}
  /** Depends on variables (and public values) alone. */
  | {readonly kind: 'parameter'}
  /** Row i of `axis` depends on example floor(i / inner) alone (and on parameters). The axis has B * inner rows. */
  | {readonly kind: 'batch'; readonly axis: number; readonly inner: number};

/** Why an operation cannot be proved to keep examples apart. */
export interface Mixing {
  readonly kind: 'mixing';
  readonly reason: string;
}

export type BatchLabel = Extract<Label, {kind: 'batch'}>;

/** An input of a kernel with its label. */
export interface Labelled {
  readonly name: string;
  readonly tensor: tf.Tensor;
  readonly label: Label;
}

export function mixing(reason: string): Mixing {
  return {kind: 'mixing', reason};
}

export function batch(axis: number, inner: number): BatchLabel {
  return {kind: 'batch', axis, inner};
}

export function isBatch(input: Labelled): input is Labelled & {readonly label: BatchLabel} {
  return input.label.kind === 'batch';
}

/** The label of a value computed from inputs of which none depends on an example. */
export function combineShared(inputs: readonly Labelled[]): Label {
  if (inputs.some((input) => input.label.kind === 'parameter')) return {kind: 'parameter'};
  const order = ['uniform', 'exchangeable', 'positional'] as const;
  const worst = Math.max(
    0,
    ...inputs.map(({label, tensor}) =>
      label.kind === 'public' && tensor.size > 1 ? order.indexOf(label.rows) : 0,
    ),
  );
  return {kind: 'public', rows: order[worst] ?? 'positional'};
}

/**
 * Inputs that meet element by element, aligned at their last axes as broadcasting does: all batch axes must meet, and
 * what does not depend on examples must not have rows of its own there (it would tie an example to its position).
 */
export function alignRows(inputs: readonly Labelled[], output: tf.Tensor, batchSize: number): Label | Mixing {
  const batches = inputs.filter(isBatch);
  const first = batches[0];
  if (first === undefined) return combineShared(inputs);
  const axis = first.label.axis + output.rank - first.tensor.rank;
  const {inner} = first.label;
  for (const {tensor, label, name} of inputs) {
    const own = axis - (output.rank - tensor.rank);
    if (label.kind === 'batch') {
      if (label.axis !== own || label.inner !== inner) {
        return mixing(`its inputs hold the examples at different axes ('${name}' at axis ${label.axis})`);
      }
    } else if (own >= 0 && (tensor.shape[own] ?? 1) > 1) {
      if (label.kind === 'parameter')
        return mixing(`input '${name}' has one row of parameters per position in the batch`);
      if (label.rows === 'positional')
        return mixing(`input '${name}' has values that differ by position in the batch`);
    }
  }
  if (output.shape[axis] !== batchSize * inner) {
    return mixing(
      `the axis of the examples is broadcast from ${batchSize * inner} to ${output.shape[axis] ?? 0} rows`,
    );
  }
  return batch(axis, inner);
}
