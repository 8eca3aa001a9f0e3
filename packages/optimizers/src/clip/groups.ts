import {DpError} from '../errors.js';
import type {PerLayerClipping} from './mode.js';

/** Which of the variables are clipped together, with the group's relative clip norm and noise. */
export interface VariableGroup {
  /** Indices of variables. */
  readonly variables: readonly number[];
  readonly clip: number;
  readonly noise: number;
}

/**
 * Sorts variables into the groups of a mode.
 *
 * @param names - Of the variables, which may be shared between layers but stand here once each.
 * @throws DpError INVALID_OPTION unless every variable is in exactly one group, and every group has one.
 */
export function variableGroups({groups}: PerLayerClipping, names: readonly string[]): VariableGroup[] {
  if (groups.length === 0) return groupsByLayer(names);
  const owners = names.map(() => -1);
  for (const [g, {of}] of groups.entries()) {
    for (const wanted of of) {
      const members = [...names.keys()].filter((v) => isOf(names[v] as string, wanted));
      if (members.length === 0) {
        throw new DpError(
          'INVALID_OPTION',
          `perLayer: no trainable variable is '${wanted}' or of a layer '${wanted}'; there are ${listed(names)}`,
        );
      }
      for (const v of members) {
        if (owners[v] !== -1 && owners[v] !== g) {
          throw new DpError(
            'INVALID_OPTION',
            `perLayer: variable '${names[v]}' is in two groups; a gradient must be clipped in exactly one`,
          );
        }
        owners[v] = g;
      }
    }
  }
  const left = names.filter((_, v) => owners[v] === -1);
  if (left.length > 0) {
    throw new DpError(
      'INVALID_OPTION',
      `perLayer: every trainable variable must be in a group, but ${listed(left)} ${left.length === 1 ? 'is' : 'are'} in none`,
    );
  }
  return groups.map(({clip = 1, noise = 1}, g) => ({
    variables: [...owners.keys()].filter((v) => owners[v] === g),
    clip,
    noise,
  }));
}

function isOf(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}/`);
}

function groupsByLayer(names: readonly string[]): VariableGroup[] {
  const layers = new Map<string, number[]>();
  for (const [v, name] of names.entries()) {
    const slash = name.lastIndexOf('/');
    const layer = slash === -1 ? name : name.slice(0, slash);
    layers.set(layer, [...(layers.get(layer) ?? []), v]);
  }
  return Array.from(layers.values(), (variables) => ({variables, clip: 1, noise: 1}));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `'${name}'`);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}
