import type {NeighbouringRelation} from '@dp/accountant';

import {DpError} from '../errors.js';
import {gridFor, roundedSensitivity} from '../sum/grid.js';
import {variableGroups, type VariableGroup} from './groups.js';
import type {Clipping} from './mode.js';

/** What bounds one record's influence on a sum. All public constants, or private outputs of earlier steps. */
export interface ClippingPlan {
  /** C: the norm over all variables together that no clipped gradient passes. */
  readonly l2NormClip: number;
  /** Examples per clipped group; their gradients are averaged, then clipped. */
  readonly microbatchSize: number;
  /** Rounding unit of the clipped gradients. */
  readonly grid: number;
  readonly clipping: Clipping;
  /** Variables that are clipped together; each is in exactly one. */
  readonly parts: readonly ClippedPart[];
}

/** Variables that are clipped together. */
export interface ClippedPart {
  /** Indices of variables. */
  readonly variables: readonly number[];
  /** C_l. The sum of their squares is `l2NormClip`^2. */
  readonly l2NormClip: number;
  /** How long this part of a clipped and rounded gradient can be: C_l, and the rounding. */
  readonly bound: number;
  /** The standard deviation of its noise, relative to the other parts'. */
  readonly noise: number;
}

/** What an optimizer's clipping is described by. */
export interface ClippingOptions {
  /** Greater than 0. */
  readonly l2NormClip: number;
  /** Examples per clipped group, at least 1. */
  readonly microbatchSize: number;
  /** Default: `'flat'`. */
  readonly clipping?: Clipping;
  /** Of the noise that the sum will get: with any, gradients are rounded to a coarser grid. Default: 0. */
  readonly noiseMultiplier?: number;
}

/** What a plan is made for: the variables' names and sizes. */
export type PlannedVariable = Readonly<{name: string; size: number}>;

/** @throws DpError INVALID_OPTION if the clipping mode does not fit the variables. */
export function clippingPlan(
  {l2NormClip, microbatchSize, clipping = 'flat', noiseMultiplier = 0}: ClippingOptions,
  variables: readonly PlannedVariable[],
): ClippingPlan {
  const grid = gridFor(l2NormClip, noiseMultiplier);
  const groups: readonly VariableGroup[] =
    clipping !== 'flat' && clipping.kind === 'perLayer'
      ? variableGroups(
          clipping,
          variables.map(({name}) => name),
        )
      : [{variables: [...variables.keys()], clip: 1, noise: 1}];
  const whole = Math.hypot(...groups.map(({clip}) => clip));
  const parts = groups.map(({variables: members, clip, noise}) => {
    const own = groups.length === 1 ? l2NormClip : (l2NormClip * clip) / whole;
    const size = members.reduce((total, v) => total + (variables[v]?.size ?? 0), 0);
    return {variables: members, l2NormClip: own, bound: roundedSensitivity(own, grid, size), noise};
  });
  return {l2NormClip, microbatchSize, grid, clipping, parts};
}

/** How long one clipped and rounded gradient can be, in L2 norm. */
export function gradientBound({parts}: ClippingPlan): number {
  return parts.length === 1 ? (parts[0]?.bound ?? 0) : Math.hypot(...parts.map(({bound}) => bound));
}

/**
 * How far two neighbouring batches' sums can lie apart, in L2 norm (privacy rules 1, 2 and 8). In a microbatch of several
 * examples, one of them can move the group's clipped mean from any point of the ball to any other.
 *
 * @throws DpError UNSUPPORTED for `addOrRemoveOne` with microbatches: one more example would shift all groups.
 */
export function sumSensitivity(plan: ClippingPlan, relation: NeighbouringRelation): number {
  const grouped = plan.microbatchSize > 1;
  if (relation === 'addOrRemoveOne' && grouped) {
    throw new DpError(
      'UNSUPPORTED',
      `microbatches of ${plan.microbatchSize} examples have no bound under addOrRemoveOne; use replaceSpecial or replaceOne`,
    );
  }
  const bound = gradientBound(plan);
  return relation === 'replaceOne' || grouped ? 2 * bound : bound;
}

/**
 * The standard deviation of each part's noise on the sum, so that all together have `noiseMultiplier`:
 * sigma_l = s w_l with (sum of (bound_l / sigma_l)^2)^(-1/2) = noiseMultiplier (privacy rule 12). The noise is measured in
 * the bounds that hold after rounding, so that the multiplier is met exactly.
 */
export function noiseDeviations({parts}: ClippingPlan, noiseMultiplier: number): number[] {
  if (parts.length === 1) return parts.map(({bound}) => noiseMultiplier * bound);
  const scale = noiseMultiplier * Math.hypot(...parts.map(({bound, noise}) => bound / noise));
  return parts.map(({noise}) => scale * noise);
}

/** A row stays short, whatever the model. */
const MAX_LISTED = 200;

/** The clipping in words, with its constants, for a ledger row. */
export function clippingText(plan: ClippingPlan, noiseMultiplier: number): string {
  const {clipping, parts} = plan;
  if (clipping === 'flat') return 'flat';
  switch (clipping.kind) {
    case 'automatic':
      return `automatic, gamma ${clipping.gamma}`;
    case 'adaptive': {
      const {targetQuantile, learningRate, countNoise} = clipping;
      return `adaptive, target quantile ${targetQuantile}, learning rate ${learningRate}, count noise ${countNoise}`;
    }
    case 'perLayer': {
      if (parts.length > MAX_LISTED) return `per layer, ${parts.length} groups`;
      const short = (value: number): string => String(Number(value.toPrecision(6)));
      const norms = parts.map(({l2NormClip}) => short(l2NormClip)).join(' ');
      const noise = noiseDeviations(plan, noiseMultiplier).map(short).join(' ');
      return `per layer, clip norms ${norms}, noise ${noise}`;
    }
  }
}
