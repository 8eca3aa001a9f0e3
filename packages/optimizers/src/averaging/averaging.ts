import {boolean, fraction, optionsObject} from '../checks.js';

/** How weights are averaged over steps. Made by {@link ema}. */
export interface WeightAveraging {
  readonly averaging: 'ema';
  readonly decay: number;
  readonly warmUp: boolean;
}

/**
 * An exponential moving average of the weights: after each step average <- d average + (1 - d) weights, where d is `decay` or,
 * while warming up, the smaller (1 + t) / (10 + t) at step t (De et al. 2022). Post-processing: it costs no privacy.
 *
 * @param options - `decay` in [0, 1), default 0.999; `warmUp`, default true.
 * @throws DpError INVALID_OPTION.
 */
export function ema(options: {readonly decay?: number; readonly warmUp?: boolean} = {}): WeightAveraging {
  optionsObject('options', options);
  const {decay = 0.999, warmUp = true} = options;
  fraction('decay', decay);
  boolean('warmUp', warmUp);
  return Object.freeze({averaging: 'ema', decay, warmUp});
}

/** The weight of the average so far, at a step, from 0. */
export function decayAt({decay, warmUp}: WeightAveraging, step: number): number {
  return warmUp ? Math.min(decay, (1 + step) / (10 + step)) : decay;
}
