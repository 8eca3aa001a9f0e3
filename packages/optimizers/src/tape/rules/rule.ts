import type * as tf from '@tensorflow/tfjs-core';

import type {KernelAttributes} from '../engine.js';
import {
  combinePositional,
  combineShared,
  isBatch,
  type BatchLabel,
  type Label,
  type Labelled,
  type Mixing,
} from '../labels.js';

/** What a rule sees of one kernel call. */
export interface RuleSite {
  readonly inputs: readonly Labelled[];
  readonly attrs: KernelAttributes;
  /** The first output. A kernel of several outputs (split, unstack, top-k) gives all of them the same label. */
  readonly output: tf.Tensor;
  readonly batchSize: number;
}

/**
 * Says where the examples are in a kernel's output (privacy rule S3), or why they are mixed. Rules are pure functions of
 * shapes, attributes and labels; a kernel without a rule is refused.
 */
export type SeparationRule = (site: RuleSite) => Label | Mixing;

export type RuleTable = Readonly<Record<string, SeparationRule>>;

/** An input that holds examples. */
export type BatchInput = Labelled & {readonly label: BatchLabel};

/** A table in which each of the named kernels has the same rule. */
export function sameRule(kernels: readonly string[], rule: SeparationRule): RuleTable {
  return Object.fromEntries(kernels.map((kernel) => [kernel, rule]));
}

/** The rule of a kernel of one input: what becomes of the examples, where there are any. */
export function onExamples(rule: (input: BatchInput, site: RuleSite) => Label | Mixing): SeparationRule {
  return (site) => {
    const input = site.inputs.find(isBatch);
    return input === undefined ? combineShared(site.inputs) : rule(input, site);
  };
}

/** The same for a kernel that makes values depend on where they stand. */
export function onExamplesByPosition(
  rule: (input: BatchInput, site: RuleSite) => Label | Mixing,
): SeparationRule {
  return (site) => {
    const input = site.inputs.find(isBatch);
    return input === undefined ? combinePositional(site.inputs) : rule(input, site);
  };
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
