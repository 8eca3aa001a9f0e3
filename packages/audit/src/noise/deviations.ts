import type {LedgerRow} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import type {ObservedStep} from '../subject/observe.js';
import type {AuditSubject} from '../subject/subject.js';

/** How the ledger writes clipping per layer down. */
const PER_LAYER = /^per layer, clip norms ([^,]+), noise ([^,]+)$/;
/** Numbers in words have six digits. */
const DIGITS = 1e-4;

/** The clip norms and the deviations of groups that a row names; nothing for one norm over all variables. */
function groupsOf({clipping}: LedgerRow): {norms: number[]; deviations: number[]} | undefined {
  if (!clipping.startsWith('per layer')) return undefined;
  const [, norms, deviations] = PER_LAYER.exec(clipping) ?? [];
  if (norms === undefined || deviations === undefined) {
    throw new AuditError(`the ledger does not list the noise of each group: ${clipping}`);
  }
  return {norms: norms.split(' ').map(Number), deviations: deviations.split(' ').map(Number)};
}

/** The deviation of the noise on the sum that a row claims, one a variable. */
export function claimedDeviations(
  {row, clipping}: Pick<ObservedStep, 'row' | 'clipping'>,
  {variables}: Pick<AuditSubject, 'variables'>,
): number[] {
  const groups = groupsOf(row);
  if (groups === undefined) return variables.map(() => row.sensitivity * row.noiseMultiplier);
  const names = variables.map(({name}) => name);
  const layers = [...new Set(names.map(layerOf))];
  const declared = clipping !== 'flat' && clipping.kind === 'perLayer' ? clipping.groups : [];
  return names.map((name) => {
    const group =
      declared.length === 0
        ? layers.indexOf(layerOf(name))
        : declared.findIndex(({of}) => of.some((own) => name === own || name.startsWith(`${own}/`)));
    return groups.deviations[group] ?? NaN;
  });
}

function layerOf(name: string): string {
  return name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : name;
}

/**
 * With clipping per layer, whether the groups' noise amounts to the row's noise multiplier: (sum (C_l / sigma_l)^2)^(-1/2).
 *
 * @returns Nothing for one norm over all variables.
 */
export function auditGroups(row: LedgerRow): AuditResult[] {
  const groups = groupsOf(row);
  if (groups === undefined) return [];
  const {norms, deviations} = groups;
  const multiplier = 1 / Math.hypot(...norms.map((norm, l) => norm / (deviations[l] ?? NaN)));
  return [
    atMost({
      name: 'noise: groups',
      claim: "the groups' noise amounts to the row's multiplier, up to a factor",
      measured: Math.abs(multiplier / row.noiseMultiplier - 1),
      bound: DIGITS,
      detail: `${norms.length} groups give ${multiplier.toFixed(5)}, the row says ${row.noiseMultiplier.toFixed(5)}`,
    }),
  ];
}
