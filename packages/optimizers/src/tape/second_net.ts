import * as tf from '@tensorflow/tfjs-core';
import {openClipAndSum} from '@dp/kernels/on-demand';

import {DpError} from '../errors.js';
import {perExampleContributions} from '../gradients/contributions.js';
import type {LossParts} from './loss.js';
import {ancestors, proveSeparation, type SeparationProof} from './prove.js';
import {record, type Recording} from './record.js';
import {replay} from './replay.js';
import type {DeclaredSources} from './sources.js';

/** Graphs that have passed; bounded, since a page may run for days. */
const passed = new Set<string>();
const MAX_REMEMBERED = 1024;

/**
 * The second net under the proof (privacy rule S5): once per graph, the recorded computation is replayed with one row of
 * one leaf changed, and every other example's loss and gradient norm must come out bit-equal. It supports the proof and
 * does not replace it.
 *
 * @throws DpError NOT_SEPARATE.
 */
export function checkSeparation(
  recording: Recording,
  loss: LossParts,
  proof: SeparationProof,
  {variables, publicTensors = [], axis = 0}: Pick<Watched, 'variables'> & DeclaredSources,
): void {
  if (proof.batchSize < 2) return;
  const signature = graphSignature(recording, loss, proof);
  if (passed.has(signature)) return;

  const leaves = batchLeaves(recording, loss, proof);
  const watched: Watched = {leaves, variables, publicTensors, axis};
  const base = observe(recording, loss, watched, leaves);
  for (const leaf of leaves) {
    for (const row of [0, proof.batchSize - 1]) {
      const changed = withRowChanged(leaf, row, axis);
      if (changed === undefined) continue;
      const replaced = leaves.map((other) => (other === leaf ? changed : other));
      const seen = observe(recording, loss, watched, replaced);
      for (let example = 0; example < proof.batchSize; example++) {
        if (example !== row && !sameObservation(base, seen, example)) throw notSeparate(leaf, row, example);
      }
    }
  }
  if (passed.size >= MAX_REMEMBERED) passed.clear();
  passed.add(signature);
}

interface Watched {
  /** The tensors that hold the examples. */
  readonly leaves: readonly tf.Tensor[];
  readonly variables: readonly tf.Variable[];
  readonly publicTensors: readonly tf.Tensor[];
  readonly axis: number;
}

interface Observation {
  readonly losses: ArrayLike<number>;
  readonly squaredNorms: readonly number[];
}

function sameObservation(a: Observation, b: Observation, example: number): boolean {
  const perExample = a.losses.length / a.squaredNorms.length;
  for (let i = example * perExample; i < (example + 1) * perExample; i++) {
    if (!Object.is(a.losses[i], b.losses[i])) return false;
  }
  return Object.is(a.squaredNorms[example], b.squaredNorms[example]);
}

/** The losses and squared gradient norms of every example, with the leaves replaced. */
function observe(
  recording: Recording,
  loss: LossParts,
  {leaves, variables, publicTensors, axis}: Watched,
  replaced: readonly tf.Tensor[],
): Observation {
  const masks = [...recording.insideLeaves].filter(([, leaf]) => leaf.isFreshMask);
  const freshMasks = new Map(
    masks.map(([id, {tensor, values}]) => [
      id,
      tf.tensor(values as Float32Array, tensor.shape, tensor.dtype),
    ]),
  );
  const substitutes = new Map([
    ...freshMasks,
    ...leaves.map((leaf, i) => [leaf.id, replaced[i] ?? leaf] as const),
  ]);
  const again = record(() => replay(recording, loss.perExample, substitutes));
  try {
    return tf.tidy(() => {
      const parts: LossParts = {perExample: again.value, values: again.value, penalties: []};
      const proof = proveSeparation(again, again.value, {
        batch: replaced,
        publicTensors,
        axis,
        freshMasks: [...freshMasks.values()],
      });
      const session = openClipAndSum(perExampleContributions(again, parts, proof, variables));
      try {
        const squaredNorms = Array.from({length: proof.batchSize}, (_, example) => session.measure(example));
        return {losses: again.value.dataSync(), squaredNorms};
      } finally {
        session.dispose();
      }
    });
  } finally {
    again.value.dispose();
    again.dispose();
  }
}

function batchLeaves(recording: Recording, loss: LossParts, proof: SeparationProof): tf.Tensor[] {
  const inputs = ancestors(recording, loss.perExample).flatMap((call) =>
    call.inputs.map(([, input]) => input),
  );
  const leaves = inputs.filter(
    (input) => !recording.producers.has(input.id) && proof.labels.get(input.id)?.kind === 'batch',
  );
  return [...new Map(leaves.map((leaf) => [leaf.id, leaf])).values()];
}

/** A copy in which one row holds another row's values (so they stay in the leaf's domain); undefined if all rows are equal. */
function withRowChanged(leaf: tf.Tensor, row: number, axis: number): tf.Tensor | undefined {
  const rows = tf.unstack(leaf, axis);
  const own = rows[row]?.dataSync();
  const other = rows.find((candidate) =>
    candidate.dataSync().some((value, i) => !Object.is(value, own?.[i])),
  );
  return (
    other &&
    tf.stack(
      rows.map((kept, i) => (i === row ? other : kept)),
      axis,
    )
  );
}

/** Which kernels ran, with which attributes, on which shapes: the number of examples left out, so that Poisson batches agree. */
function graphSignature(recording: Recording, loss: LossParts, proof: SeparationProof): string {
  const shapeOf = (tensor: tf.Tensor): string => {
    const label = proof.labels.get(tensor.id);
    return tensor.shape
      .map((size, axis) => (label?.kind === 'batch' && label.axis === axis ? `B*${label.inner}` : size))
      .join();
  };
  const calls = ancestors(recording, loss.perExample).map(({kernel, inputs, attrs}) => {
    const publicAttrs = Object.entries(attrs).filter(([name]) => name !== 'shape');
    return `${kernel}(${inputs.map(([, tensor]) => shapeOf(tensor)).join(';')})${JSON.stringify(publicAttrs)}`;
  });
  return `${tf.getBackend()}|${calls.join('|')}`;
}

function notSeparate(leaf: tf.Tensor, row: number, example: number): DpError {
  return new DpError(
    'NOT_SEPARATE',
    `changing row ${row} of the batch tensor of shape [${leaf.shape.join(', ')}] changed the loss or gradient of example ${example}: ` +
      'the examples are not separate, although every operation is covered. Please report this model; nothing was released',
  );
}
