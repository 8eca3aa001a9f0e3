import {DpError} from './errors.js';

/** @throws DpError INVALID_OPTION. */
export function positive(name: string, value: number): void {
  check(name, value, Number.isFinite(value) && value > 0, 'a finite number > 0');
}

/** As float32 a larger one is infinite, and so are gradients and weights. */
const LARGEST = 2 ** 100;

/** A norm or a rate, of which float32 computes. @throws DpError INVALID_OPTION. */
export function moderate(name: string, value: number): void {
  positive(name, value);
  check(name, value, value <= LARGEST, 'at most 2^100');
}

/** @throws DpError INVALID_OPTION. */
export function boolean(name: string, value: boolean): void {
  check(name, value, typeof value === 'boolean', 'true or false');
}

/** Of anything else all options would be read as left out. @throws DpError INVALID_OPTION. */
export function optionsObject(name: string, value: object): void {
  check(name, value, typeof value === 'object' && (value as unknown) !== null, 'an object');
}

/** @throws DpError INVALID_OPTION. */
export function nonNegative(name: string, value: number): void {
  check(name, value, Number.isFinite(value) && value >= 0, 'a finite number >= 0');
}

/** In units of the grid, more noise would not be exact. */
const MOST_NOISE = 2 ** 20;

/** Noise, in clip norms. @throws DpError INVALID_OPTION. */
export function noise(name: string, value: number): void {
  nonNegative(name, value);
  check(name, value, value <= MOST_NOISE, 'at most 2^20');
}

/** @throws DpError INVALID_OPTION. */
export function positiveInteger(name: string, value: number): void {
  check(name, value, Number.isSafeInteger(value) && value >= 1, 'an integer >= 1');
}

/** A share that is less than the whole, such as a momentum or a decay. @throws DpError INVALID_OPTION. */
export function fraction(name: string, value: number): void {
  check(name, value, typeof value === 'number' && value >= 0 && value < 1, 'a number in [0, 1)');
}

function check(name: string, value: unknown, fits: boolean, bound: string): void {
  if (!fits) throw new DpError('INVALID_OPTION', `${name} must be ${bound}, got ${shown(value)}`);
}

/** A value for an error's message, whatever it is: JavaScript can't turn every value into text. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
