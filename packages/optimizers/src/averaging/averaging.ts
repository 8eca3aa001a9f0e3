import {boolean, fraction, optionsObject, shown} from '../checks.js';
import {DpError} from '../errors.js';

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

/** One that came from anywhere. @throws DpError INVALID_OPTION. */
export function checkedAveraging(averaging: WeightAveraging): WeightAveraging {
  optionsObject('averaging', averaging);
  const kind: unknown = averaging.averaging;
  if (kind === 'ema') return ema(averaging);
  throw new DpError('INVALID_OPTION', `averaging must be made by ema(...), got one of kind ${shown(kind)}`);
}

/** The weight of the average so far, at a step, from 0. */
export function decayAt({decay, warmUp}: WeightAveraging, step: number): number {
  return warmUp ? Math.min(decay, (1 + step) / (10 + step)) : decay;
}
