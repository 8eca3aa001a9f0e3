import type * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {isBatch, type Label} from './labels.js';
import type {KernelCall, Recording} from './record.js';
import {separationRuleOf} from '../gradients/registry.js';
import {labelLeaf, type KnownSources} from './sources.js';

/** The proof that no example's loss depends on another example. */
export interface SeparationProof {
  readonly batchSize: number;
  /** The label of every tensor that the losses were computed from, by tensor id. */
  readonly labels: ReadonlyMap<number, Label>;
  /** Whether the tensors that hold the examples were declared, or taken for the batch because they have B rows. */
  readonly batchTensors: 'declared' | 'assumed';
}

/**
 * Labels every ancestor of the losses on the recorded graph (privacy rules S1-S3). Operations that are not ancestors,
 * such as metrics computed in the same closure, do not count.
 *
 * @throws DpError MIXES_EXAMPLES, NO_RULE, UNKNOWN_TENSOR, LOSS_FORM.
 */
export function proveSeparation(
  recording: Recording,
  perExample: tf.Tensor,
  declared: KnownSources = {},
): SeparationProof {
  const batchSize = declared.batch?.[0]?.shape[declared.axis ?? 0] ?? perExample.shape[0];
  const labels = new Map<number, Label>();
  const labelOf = (tensor: tf.Tensor, call?: KernelCall): Label => {
    const where = () => (call === undefined ? '' : place(recording, call));
    const known = labels.get(tensor.id) ?? labelLeaf(recording, tensor, batchSize, declared, where);
    labels.set(tensor.id, known);
    return known;
  };
  for (const call of ancestors(recording, perExample)) {
    const inputs = call.inputs.map(([name, tensor]) => ({name, tensor, label: labelOf(tensor, call)}));
    const rule = separationRuleOf(call.kernel);
    const output = call.outputs[0];
    if (rule === undefined || output === undefined) {
      if (!inputs.some(isBatch)) {
        // What depends on no example cannot mix any; only its rows may not be trusted to be equal.
        const label: Label = inputs.some(({label}) => label.kind === 'parameter')
          ? {kind: 'parameter'}
          : {kind: 'public', rows: 'positional'};
        for (const made of call.outputs) labels.set(made.id, label);
        continue;
      }
      throw new DpError(
        'NO_RULE',
        `operation '${call.kernel}'${place(recording, call)} is not known to keep the examples of a batch apart, so it is refused. ` +
          'Express it with operations that are covered, or leave the layer out',
      );
    }
    const verdict = rule({inputs, attrs: call.attrs, output, batchSize});
    if (verdict.kind === 'mixing') {
      throw new DpError(
        'MIXES_EXAMPLES',
        `operation '${call.kernel}'${place(recording, call)} mixes the examples of a batch: ${verdict.reason}. ` +
          'Per-example clipping protects nobody then. Use an operation or layer that treats each example by itself ' +
          '(for BatchNormalization: layer or group normalisation)',
      );
    }
    const lost =
      verdict.kind === 'batch' &&
      call.outputs.some(({shape}) => shape[verdict.axis] !== batchSize * verdict.inner);
    if (lost) {
      throw new DpError(
        'MIXES_EXAMPLES',
        `operation '${call.kernel}'${place(recording, call)} loses track of the examples`,
      );
    }
    for (const made of call.outputs) labels.set(made.id, verdict);
  }
  const last = labels.get(perExample.id) ?? labelOf(perExample);
  if (last.kind !== 'batch' || last.axis !== 0 || last.inner !== 1) {
    throw new DpError(
      'LOSS_FORM',
      `the losses have shape [${perExample.shape.join(', ')}], and their axis 0 is not proved to hold the ${batchSize} examples. ` +
        'Return one loss per example, [B], or its mean',
    );
  }
  return {batchSize, labels, batchTensors: declared.batch === undefined ? 'assumed' : 'declared'};
}

/** The calls that `tensor` was computed from, in the order in which they ran. */
export function ancestors(recording: Recording, tensor: tf.Tensor): KernelCall[] {
  const needed = new Set([tensor.id]);
  return recording.calls
    .slice()
    .reverse()
    .filter((call) => {
      const wanted = call.outputs.some((output) => needed.has(output.id));
      if (wanted) for (const [, input] of call.inputs) needed.add(input.id);
      return wanted;
    })
    .reverse();
}

/** Where a call happened, in the user's terms: the tf.js scope and the nearest variable, which carries the layer's name. */
function place(recording: Recording, call: KernelCall): string {
  const scope = call.scopes.filter((name) => name.endsWith('__op')).at(-1);
  const variable = nearestVariable(recording, call) ?? nextVariable(recording, call);
  const parts = [
    ...(scope === undefined ? [] : [`in tf.${scope.replace('__op', '')}`]),
    ...(variable === undefined ? [] : [`near variable '${variable}'`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function nearestVariable(recording: Recording, call: KernelCall): string | undefined {
  let level: KernelCall[] = [call];
  const seen = new Set<KernelCall>();
  while (level.length > 0) {
    const next: KernelCall[] = [];
    for (const current of level) {
      seen.add(current);
      for (const [, input] of current.inputs) {
        const name = nameOf(input);
        if (name !== undefined) return name;
        const producer = recording.producers.get(input.id);
        if (producer !== undefined && !seen.has(producer)) next.push(producer);
      }
    }
    level = next;
  }
  return undefined;
}

/** The first variable that meets what a call made: where the data come from outside, no variable lies before it. */
function nextVariable(recording: Recording, call: KernelCall): string | undefined {
  const made = new Set(call.outputs.map(({id}) => id));
  for (const next of recording.calls.slice(recording.calls.indexOf(call) + 1)) {
    if (!next.inputs.some(([, input]) => made.has(input.id))) continue;
    for (const [, input] of next.inputs) {
      const name = nameOf(input);
      if (name !== undefined) return name;
    }
    const meets = next.inputs.map(([, input]) => recording.producers.get(input.id));
    for (const other of meets) {
      const name = other === undefined || other === call ? undefined : nearestVariable(recording, other);
      if (name !== undefined) return name;
    }
    for (const {id} of next.outputs) made.add(id);
  }
  return undefined;
}

function nameOf(tensor: tf.Tensor): string | undefined {
  const name = (tensor as Partial<tf.Variable>).name;
  return typeof name === 'string' ? name : undefined;
}
