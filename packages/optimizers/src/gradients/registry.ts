import {separationRules} from '../tape/rules/index.js';
import type {SeparationRule} from '../tape/rules/rule.js';
import {DpError} from '../errors.js';
import {parameterRules} from './rules/index.js';
import type {ParameterRule} from './rules/rule.js';

/** What has to be known of a kernel for private training. */
export interface PerExampleRule {
  /**
   * Where the examples are in the kernel's output, or why they are mixed. The claim is believed: a wrong one breaks the
   * privacy guarantee, although the replay of each new graph with one row changed may catch it.
   */
  readonly separation: SeparationRule;
  /** Per-example gradients of the kernel's inputs that are parameters; needed only where it takes any. */
  readonly parameter?: ParameterRule;
}

const registered = new Map<string, PerExampleRule>();

/**
 * Makes a kernel known that this package has no rule for, such as one of your own (`tf.registerKernel`). Kernels that
 * are covered can't be changed. Layers and losses made of covered operations need no registration.
 *
 * ```ts
 * // A kernel on single elements: the examples stay where they are.
 * registerPerExampleRule('Sinc', {separation: ({inputs: [x]}) => x.label});
 * ```
 *
 * @param kernel - Name of the kernel, as in `tf.registerKernel`.
 * @returns Takes the rule back.
 * @throws DpError INVALID_OPTION if the kernel has a rule.
 */
export function registerPerExampleRule(kernel: string, rule: PerExampleRule): () => void {
  if (separationRuleOf(kernel) !== undefined) {
    throw new DpError('INVALID_OPTION', `kernel must be one without a rule, got '${kernel}', which has one`);
  }
  registered.set(kernel, rule);
  return () => {
    registered.delete(kernel);
  };
}

/** The rule that says where the examples are in a kernel's output. */
export function separationRuleOf(kernel: string): SeparationRule | undefined {
  return separationRules[kernel] ?? registered.get(kernel)?.separation;
}

/** The rule that forms per-example gradients of a kernel's parameters. */
export function parameterRuleOf(kernel: string): ParameterRule | undefined {
  return parameterRules[kernel] ?? registered.get(kernel)?.parameter;
}
