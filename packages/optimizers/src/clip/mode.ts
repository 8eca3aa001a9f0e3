import {optionsObject, shown} from '../checks.js';
import {DpError} from '../errors.js';
import {MAX_COUNT_NOISE} from '../noise/count.js';

/** One norm over all variables together (Abadi et al. 2016), or a {@link ClippingMode}. */
export type Clipping = 'flat' | ClippingMode;

/** How each example's gradient is bounded, otherwise than by one norm. Frozen, plain, and the same after JSON. */
export type ClippingMode = PerLayerClipping | AutomaticClipping | AdaptiveClipping;

/** Made by {@link perLayer}. */
export interface PerLayerClipping {
  readonly kind: 'perLayer';
  /** Empty: one group a layer, all alike. */
  readonly groups: readonly LayerGroup[];
}

/** Variables that are clipped together. */
export interface LayerGroup {
  /** Names of variables, or of layers: `'conv1'` stands for every variable whose name begins with `'conv1/'`. */
  readonly of: readonly string[];
  /** The group's clip norm, relative to the other groups'. Greater than 0. Default: 1. */
  readonly clip?: number;
  /** The standard deviation of the group's noise, relative to the other groups'. Greater than 0. Default: 1. */
  readonly noise?: number;
}

/** Made by {@link automatic}. */
export interface AutomaticClipping {
  readonly kind: 'automatic';
  readonly gamma: number;
}

/** Made by {@link adaptive}. */
export interface AdaptiveClipping {
  readonly kind: 'adaptive';
  readonly targetQuantile: number;
  readonly learningRate: number;
  readonly countNoise: number;
}

/**
 * Clipping layer by layer (McMahan et al. 2018): group l to C_l = C c_l / (sum of c_j^2)^(1/2), so that the sum of C_l^2 is
 * `l2NormClip`^2. Noise has standard deviation s w_l with s chosen so that (sum of (C_l / (s w_l))^2)^(-1/2) is
 * `noiseMultiplier`; with equal w_l that is `noiseMultiplier * l2NormClip` in every group.
 *
 * @param options - `groups`: each trainable variable must be in exactly one. Default: one group a layer, all alike; a
 *   layer's variables have names that agree up to the last slash.
 * @throws DpError INVALID_OPTION.
 */
export function perLayer(options: {readonly groups?: readonly LayerGroup[]} = {}): PerLayerClipping {
  optionsObject('options', options);
  const {groups = []} = options;
  requireGroups(groups);
  groups.forEach(checkGroup);
  const mode = {
    kind: 'perLayer',
    groups: Object.freeze(groups.map((group) => Object.freeze({...group, of: Object.freeze([...group.of])}))),
  } as const;
  checkClipping(mode);
  return Object.freeze(mode);
}

/**
 * Automatic clipping (Bu et al. 2022): each gradient g becomes C g / (|g| + gamma), so that the clip norm only scales the
 * learning rate.
 *
 * @param options - `gamma`, in the gradient's unit, at least 1e-30. Default: 0.01.
 * @throws DpError INVALID_OPTION.
 */
export function automatic(options: {readonly gamma?: number} = {}): AutomaticClipping {
  optionsObject('options', options);
  const {gamma = 0.01} = options;
  const mode = {kind: 'automatic', gamma} as const;
  checkClipping(mode);
  return Object.freeze(mode);
}

/**
 * A clip norm that follows a quantile of the gradients' norms (Andrew et al. 2021): after each step C is multiplied by
 * exp(-learningRate (b - targetQuantile)), where b is a noisy share of the norms that were at most C. That count is a
 * release of its own. The gradients' noise is so much larger that both together are one event with `noiseMultiplier`.
 * The option `l2NormClip` is the first step's C.
 *
 * @param options - `targetQuantile` in [0, 1], the share of gradients that shall not be clipped; `learningRate` >= 0,
 *   0.2 in the paper; `countNoise`, the standard deviation of the noise on the count of examples, greater than half the
 *   noise multiplier (a twentieth of the expected batch size in the paper).
 * @throws DpError INVALID_OPTION.
 */
export function adaptive({
  targetQuantile,
  learningRate = 0.2,
  countNoise,
}: {
  readonly targetQuantile: number;
  readonly learningRate?: number;
  readonly countNoise: number;
}): AdaptiveClipping {
  const mode = {kind: 'adaptive', targetQuantile, learningRate, countNoise} as const;
  checkClipping(mode);
  return Object.freeze(mode);
}

/**
 * Checks a clipping mode, also one that came from a configuration file.
 *
 * @throws DpError INVALID_OPTION, with name, value and bound.
 */
export function checkClipping(clipping: Clipping): void {
  if (clipping === 'flat') return;
  optionsObject('clipping', clipping);
  switch (clipping.kind) {
    case 'perLayer':
      requireGroups(clipping.groups);
      clipping.groups.forEach(checkGroup);
      return;
    case 'automatic':
      check('gamma', clipping.gamma, (v) => v >= 1e-30, '>= 1e-30');
      return;
    case 'adaptive': {
      const {targetQuantile, learningRate, countNoise} = clipping;
      check('targetQuantile', targetQuantile, (v) => v >= 0 && v <= 1, 'in [0, 1]');
      check('learningRate', learningRate, (v) => v >= 0, '>= 0');
      check('countNoise', countNoise, (v) => v > 0 && v <= MAX_COUNT_NOISE, 'in (0, 2^24]');
      return;
    }
    default:
      throw new DpError(
        'INVALID_OPTION',
        `clipping must be 'flat', perLayer(...), automatic(...) or adaptive(...), got one of kind ${shown((clipping as {readonly kind?: unknown}).kind)}`,
      );
  }
}

function requireGroups(groups: unknown): void {
  if (!Array.isArray(groups))
    throw new DpError('INVALID_OPTION', `clipping: groups must be a list of groups, got ${shown(groups)}`);
}

function checkGroup(group: LayerGroup): void {
  optionsObject('each group of perLayer', group);
  const {of, clip = 1, noise = 1} = group;
  const names: unknown = of;
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string')) {
    throw new DpError('INVALID_OPTION', 'each group of perLayer must name at least one variable or layer');
  }
  check('clip', clip, (v) => v > 0, '> 0');
  check('noise', noise, (v) => v > 0, '> 0');
}

function check(name: string, value: number, fits: (value: number) => boolean, bound: string): void {
  if (Number.isFinite(value) && fits(value)) return;
  throw new DpError(
    'INVALID_OPTION',
    `clipping: ${name} must be a finite number ${bound}, got ${shown(value)}`,
  );
}
