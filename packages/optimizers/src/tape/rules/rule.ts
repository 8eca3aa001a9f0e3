import type * as tf from '@tensorflow/tfjs-core';

import type {KernelAttributes} from '../engine.js';
import type {Label, Labelled, Mixing} from '../labels.js';

/** What a rule sees of one kernel call. */
export interface RuleSite {
  readonly inputs: readonly Labelled[];
  readonly attrs: KernelAttributes;
  readonly output: tf.Tensor;
  readonly batchSize: number;
}

/**
 * Says where the examples are in a kernel's output (privacy rule S3), or why they are mixed. Rules are pure functions of
 * shapes, attributes and labels; a kernel without a rule is refused.
 */
export type SeparationRule = (site: RuleSite) => Label | Mixing;

export type RuleTable = Readonly<Record<string, SeparationRule>>;

/** A table in which each of the named kernels has the same rule. */
export function sameRule(kernels: readonly string[], rule: SeparationRule): RuleTable {
  return Object.fromEntries(kernels.map((kernel) => [kernel, rule]));
}

/** Input `name` of a call; throws where the kernel was called without it. */
export function inputNamed(site: RuleSite, name: string): Labelled {
  const found = site.inputs.find((input) => input.name === name);
  if (found === undefined) throw new Error(`kernel input '${name}' is missing`);
  return found;
}

/** The axes named by an attribute (a number, a list, or nothing for all), made non-negative. */
export function axesOf(value: unknown, rank: number): number[] {
  const listed = typeof value === 'number' ? [value] : Array.isArray(value) ? (value as number[]) : undefined;
  return (listed ?? Array.from({length: rank}, (_, axis) => axis)).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
}
