import {DpError} from './errors.js';

/** @throws DpError INVALID_OPTION. */
export function positive(name: string, value: number): void {
  check(name, value, value > 0 && Number.isFinite(value), 'a finite number > 0');
}

/** @throws DpError INVALID_OPTION. */
export function nonNegative(name: string, value: number): void {
  check(name, value, value >= 0 && Number.isFinite(value), 'a finite number >= 0');
}

/** @throws DpError INVALID_OPTION. */
export function positiveInteger(name: string, value: number): void {
  check(name, value, Number.isSafeInteger(value) && value >= 1, 'an integer >= 1');
}

/** A share that is less than the whole, such as a momentum or a decay. @throws DpError INVALID_OPTION. */
export function fraction(name: string, value: number): void {
  check(name, value, value >= 0 && value < 1, 'a number in [0, 1)');
}

function check(name: string, value: number, fits: boolean, bound: string): void {
  if (!fits) throw new DpError('INVALID_OPTION', `${name} must be ${bound}, got ${value}`);
}
