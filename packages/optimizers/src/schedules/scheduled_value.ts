import type * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {checkSchedule, scheduleValue, type Schedule} from './schedule.js';

/** An option that is a number, or follows a schedule. */
export class ScheduledValue {
  private last: {readonly step: number; readonly value: number} | undefined;

  /**
   * @param check - Throws if a value is out of bounds.
   * @throws DpError INVALID_OPTION if the schedule, or its value at step 0, is out of bounds.
   */
  constructor(
    private readonly name: string,
    private readonly option: number | Schedule,
    private readonly check: (name: string, value: number) => void,
  ) {
    // Whatever is no schedule is to be a number, and the check says which.
    if (isSchedule(option)) checkSchedule(option);
    else check(name, option);
    this.at(0);
  }

  get isConstant(): boolean {
    return typeof this.option === 'number';
  }

  /**
   * The value at a step, from 0.
   *
   * @throws DpError INVALID_OPTION if it is out of bounds, or if the value at the step before is another by now.
   */
  at(step: number): number {
    const {option, last} = this;
    if (typeof option === 'number') return option;
    if (last !== undefined && scheduleValue(option, last.step) !== last.value) {
      throw new DpError(
        'INVALID_OPTION',
        `${this.name}(${last.step}) was ${last.value} and is ${scheduleValue(option, last.step)} now: a schedule must depend on the step number alone, ` +
          'since no epsilon covers one that follows the data. Nothing was released',
      );
    }
    const value = this.foresee(step);
    this.last = {step, value};
    return value;
  }

  /**
   * The value that a step will have.
   *
   * @throws DpError INVALID_OPTION if it is out of bounds.
   */
  foresee(step: number): number {
    const {option} = this;
    if (typeof option === 'number') return option;
    const value = scheduleValue(option, step);
    this.check(`${this.name}(${step})`, value);
    return value;
  }

  /** How many steps from `step` on have its value: at most `most`. */
  sameFor(step: number, most: number): number {
    if (this.isConstant) return most;
    const value = this.foresee(step);
    let count = 1;
    while (count < most && this.foresee(step + count) === value) count++;
    return count;
  }

  /** What a saved model keeps. @throws DpError UNSUPPORTED for a function. */
  get config(): tf.serialization.ConfigDictValue {
    if (typeof this.option === 'number') return this.option;
    if (typeof this.option !== 'function') return {...this.option} as unknown as tf.serialization.ConfigDict;
    throw new DpError(
      'UNSUPPORTED',
      `${this.name} is a function, which cannot be saved: use linear(...), exponentialDecay(...), cosineDecay(...) or piecewiseConstant(...), or save the model without its optimizer`,
    );
  }
}

function isSchedule(option: number | Schedule): option is Schedule {
  return typeof option === 'function' || (typeof option === 'object' && (option as unknown) !== null);
}
