import {boolean, positive, positiveInteger, shown} from '../checks.js';
import {DpError} from '../errors.js';

/**
 * A value by step number, from 0: constants that say it (they can be saved), or a function of the step number and nothing
 * else. One that looked at the data, at losses or at weights would make the accounting false (privacy rule 7).
 */
export type Schedule = NamedSchedule | ((step: number) => number);

/** A schedule as plain, frozen data, the same after JSON. */
export type NamedSchedule = LinearSchedule | ExponentialDecay | CosineDecay | PiecewiseConstant;

/** Made by {@link linear}. */
export interface LinearSchedule {
  readonly schedule: 'linear';
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

/** Made by {@link exponentialDecay}. */
export interface ExponentialDecay {
  readonly schedule: 'exponentialDecay';
  readonly initialValue: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;
}

/** Made by {@link cosineDecay}. */
export interface CosineDecay {
  readonly schedule: 'cosineDecay';
  readonly initialValue: number;
  readonly decaySteps: number;
  readonly finalValue: number;
}

/** Made by {@link piecewiseConstant}. */
export interface PiecewiseConstant {
  readonly schedule: 'piecewiseConstant';
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
}

/**
 * From `from` to `to` in equal parts over `steps` steps; `to` after them.
 *
 * @throws DpError INVALID_OPTION.
 */
export function linear(options: Omit<LinearSchedule, 'schedule'>): LinearSchedule {
  return checked({schedule: 'linear', ...options});
}

/**
 * `initialValue * decayRate ** (step / decaySteps)`, as Keras's ExponentialDecay.
 *
 * @param options - `decayRate` greater than 0; `staircase`, whether the value changes at every `decaySteps`-th step alone.
 *   Default: false.
 * @throws DpError INVALID_OPTION.
 */
export function exponentialDecay({
  staircase = false,
  ...options
}: Omit<ExponentialDecay, 'schedule' | 'staircase'> & {readonly staircase?: boolean}): ExponentialDecay {
  return checked({schedule: 'exponentialDecay', ...options, staircase});
}

/**
 * From `initialValue` to `finalValue` by half a cosine over `decaySteps` steps; `finalValue` after them (Loshchilov and Hutter
 * 2017, without restarts).
 *
 * @param options - `finalValue`, default 0.
 * @throws DpError INVALID_OPTION.
 */
export function cosineDecay({
  finalValue = 0,
  ...options
}: Omit<CosineDecay, 'schedule' | 'finalValue'> & {readonly finalValue?: number}): CosineDecay {
  return checked({schedule: 'cosineDecay', ...options, finalValue});
}

/**
 * `values[i]` before step `boundaries[i]`, the last value after all.
 *
 * @param options - `boundaries`, increasing; `values`, one more.
 * @throws DpError INVALID_OPTION.
 */
export function piecewiseConstant({
  boundaries,
  values,
}: Omit<PiecewiseConstant, 'schedule'>): PiecewiseConstant {
  return checked({
    schedule: 'piecewiseConstant',
    boundaries: Object.freeze([...boundaries]),
    values: Object.freeze([...values]),
  });
}

/** The value at a step, from 0. */
export function scheduleValue(schedule: Schedule, step: number): number {
  if (typeof schedule === 'function') return schedule(step);
  switch (schedule.schedule) {
    case 'linear': {
      const {from, to, steps} = schedule;
      return from + (to - from) * Math.min(step / steps, 1);
    }
    case 'exponentialDecay': {
      const {initialValue, decayRate, decaySteps, staircase} = schedule;
      const decays = step / decaySteps;
      return initialValue * decayRate ** (staircase ? Math.floor(decays) : decays);
    }
    case 'cosineDecay': {
      const {initialValue, finalValue, decaySteps} = schedule;
      const done = Math.min(step / decaySteps, 1);
      return finalValue + ((initialValue - finalValue) * (1 + Math.cos(Math.PI * done))) / 2;
    }
    case 'piecewiseConstant': {
      const {boundaries, values} = schedule;
      return values[boundaries.filter((boundary) => boundary <= step).length] ?? NaN;
    }
  }
}

/**
 * Checks a schedule, also one that came from a configuration file.
 *
 * @throws DpError INVALID_OPTION, with name, value and bound.
 */
export function checkSchedule(schedule: Schedule): void {
  if (typeof schedule === 'function') return;
  switch (schedule.schedule) {
    case 'linear':
      finite('from', schedule.from);
      finite('to', schedule.to);
      positiveInteger('steps', schedule.steps);
      return;
    case 'exponentialDecay':
      finite('initialValue', schedule.initialValue);
      positiveInteger('decaySteps', schedule.decaySteps);
      positive('decayRate', schedule.decayRate);
      boolean('staircase', schedule.staircase);
      return;
    case 'cosineDecay':
      finite('initialValue', schedule.initialValue);
      finite('finalValue', schedule.finalValue);
      positiveInteger('decaySteps', schedule.decaySteps);
      return;
    case 'piecewiseConstant':
      checkPieces(schedule);
      return;
    default:
      invalid(
        'a schedule must be a function of the step number, linear(...), exponentialDecay(...), cosineDecay(...) or piecewiseConstant(...)',
        `one of kind ${shown((schedule as {readonly schedule?: unknown}).schedule)}`,
      );
  }
}

function checkPieces({boundaries, values}: PiecewiseConstant): void {
  for (const [name, list] of Object.entries({boundaries, values}))
    if (!Array.isArray(list)) invalid(`${name} must be a list of numbers`, shown(list));
  for (const [i, boundary] of boundaries.entries()) {
    positiveInteger(`boundaries[${i}]`, boundary);
    if (i > 0 && boundary <= (boundaries[i - 1] as number))
      invalid('boundaries must increase', boundaries.join(', '));
  }
  if (values.length !== boundaries.length + 1)
    invalid(`values must hold ${boundaries.length + 1}, one more than there are boundaries`, values.length);
  for (const [i, value] of values.entries()) finite(`values[${i}]`, value);
}

function checked<S extends NamedSchedule>(schedule: S): S {
  checkSchedule(schedule);
  return Object.freeze(schedule);
}

function finite(name: string, value: number): void {
  if (!Number.isFinite(value)) invalid(`${name} must be a finite number`, shown(value));
}

function invalid(what: string, value: number | string): never {
  throw new DpError('INVALID_OPTION', `${what}, got ${value}`);
}
