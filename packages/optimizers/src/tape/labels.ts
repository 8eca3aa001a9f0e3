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
  | {
      readonly kind: 'public';
      readonly rows: 'uniform' | 'exchangeable' | 'positional';
      /** Axes along which it is the same by construction, such as tiled ones. */
      readonly constant?: readonly number[];
    }
  /** Depends on variables (and public values) alone. */
  | {readonly kind: 'parameter'; readonly constant?: readonly number[]}
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

/** Whether a value that depends on no example is known to be the same all along an axis. */
export function isConstantAlong({tensor, label}: Labelled, axis: number): boolean {
  if (label.kind === 'batch') return false;
  if ((tensor.shape[axis] ?? 1) <= 1) return true;
  return (label.kind === 'public' && label.rows === 'uniform') || label.constant?.includes(axis) === true;
}

/**
 * The label of a value computed from inputs of which none depends on an example, by an operation that makes nothing of
 * where an element stands: equal rows give equal rows.
 *
 * @param constant - Axes of the result along which it is the same.
 */
export function combineShared(inputs: readonly Labelled[], constant: readonly number[] = []): Label {
  if (inputs.some((input) => input.label.kind === 'parameter')) return {kind: 'parameter', constant};
  const order = ['uniform', 'exchangeable', 'positional'] as const;
  const worst = Math.max(
    0,
    ...inputs.map(({label, tensor}) =>
      label.kind === 'public' && tensor.size > 1 ? order.indexOf(label.rows) : 0,
    ),
  );
  return {kind: 'public', rows: order[worst] ?? 'positional', constant};
}

/** The same for an operation that may tell positions apart, such as padding: equal rows need not stay equal. */
export function combinePositional(inputs: readonly Labelled[], constant: readonly number[] = []): Label {
  return inputs.some((input) => input.label.kind === 'parameter')
    ? {kind: 'parameter', constant}
    : {kind: 'public', rows: 'positional', constant};
}

/**
 * The label of what is made of parameters and of images or rows that may meet any example (the zeros that a recurrent
 * layer starts from, under a dropout mask): where there are as many as examples, row i may be taken for example i's.
 */
export function equalRows(
  rows: Labelled,
  axis: number,
  output: Pick<tf.Tensor, 'shape'>,
  made: {readonly axis: number; readonly batchSize: number},
): BatchLabel | undefined {
  const size = output.shape[made.axis] ?? 0;
  return ownRows(rows, axis) === undefined &&
    rows.label.kind !== 'batch' &&
    size === rows.tensor.shape[axis] &&
    size === made.batchSize
    ? batch(made.axis, 1)
    : undefined;
}

/** Why an input that depends on no example must not meet the examples along one of its axes; nothing if it may. */
export function ownRows(input: Labelled, axis: number): Mixing | undefined {
  const {label, name} = input;
  if (axis < 0 || label.kind === 'batch' || isConstantAlong(input, axis)) return undefined;
  if (label.kind === 'parameter')
    return mixing(`input '${name}' has one row of parameters per position in the batch`);
  return label.rows === 'positional'
    ? mixing(
        `input '${name}' has values that differ by position in the batch, as a dropout mask of fixed seed has`,
      )
    : undefined;
}

/**
 * Inputs that meet element by element, aligned at their last axes as broadcasting does: all batch axes must meet, and
 * what does not depend on examples must not have rows of its own there (it would tie an example to its position).
 */
export function alignRows(
  inputs: readonly Labelled[],
  output: Pick<tf.Tensor, 'shape' | 'rank'>,
  batchSize: number,
): Label | Mixing {
  const first = inputs.find(isBatch);
  if (first === undefined) return combineShared(inputs, constantAxes(inputs, output.rank));
  const label = alignBatch(first, inputs, output, batchSize);
  return label.kind === 'mixing' && batchSize === 1 ? (anyAxis(inputs, output) ?? label) : label;
}

/** A single example meets only itself, and its axis may have been taken for another one of size 1: any will do. */
function anyAxis(
  inputs: readonly Labelled[],
  output: Pick<tf.Tensor, 'shape' | 'rank'>,
): BatchLabel | undefined {
  const axis = output.shape.findIndex((_, at) =>
    inputs.every((input) => ownRows(input, at - (output.rank - input.tensor.rank)) === undefined),
  );
  return axis < 0 ? undefined : batch(axis, output.shape[axis] ?? 1);
}

function alignBatch(
  first: Labelled & {readonly label: BatchLabel},
  inputs: readonly Labelled[],
  output: Pick<tf.Tensor, 'shape' | 'rank'>,
  batchSize: number,
): Label | Mixing {
  const axis = first.label.axis + output.rank - first.tensor.rank;
  const {inner} = first.label;
  for (const input of inputs) {
    const {tensor, label, name} = input;
    const own = axis - (output.rank - tensor.rank);
    if (label.kind === 'batch' && (label.axis !== own || label.inner !== inner)) {
      return mixing(`its inputs hold the examples at different axes ('${name}' at axis ${label.axis})`);
    }
    const tied = ownRows(input, own);
    if (tied !== undefined) return tied;
  }
  if (output.shape[axis] !== batchSize * inner) {
    return mixing(
      `the axis of the examples is broadcast from ${batchSize * inner} to ${output.shape[axis] ?? 0} rows`,
    );
  }
  return batch(axis, inner);
}

/** Axes of an element by element result along which no input varies. */
function constantAxes(inputs: readonly Labelled[], rank: number): number[] {
  return Array.from({length: rank}, (_, axis) => axis).filter((axis) =>
    inputs.every((input) => isConstantAlong(input, axis - (rank - input.tensor.rank))),
  );
}
