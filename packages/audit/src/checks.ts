import {AuditError} from './errors.js';

// A bound that is computed from what is no number is 0, as a rule, and an audit would pass.

/** @throws AuditError unless the value is in (0, 1). */
export function requireRate(name: string, value: number): void {
  check(name, value, isNumber(value) && value > 0 && value < 1, 'a number in (0, 1)');
}

/** @throws AuditError unless the value is in [0, 1]. */
export function requireProbability(name: string, value: number): void {
  check(name, value, isNumber(value) && value >= 0 && value <= 1, 'a number in [0, 1]');
}

/** @throws AuditError unless the value is a finite number. */
export function requireFinite(name: string, value: number): void {
  check(name, value, Number.isFinite(value), 'a finite number');
}

/** @throws AuditError unless the value is finite and at least 0. */
export function requireNonNegative(name: string, value: number): void {
  check(name, value, Number.isFinite(value) && value >= 0, 'a finite number >= 0');
}

/** @throws AuditError unless the value is finite and above 0. */
export function requirePositive(name: string, value: number): void {
  check(name, value, Number.isFinite(value) && value > 0, 'a finite number > 0');
}

/** @throws AuditError unless the value is an integer in [least, most]. Default: as many as a list may hold. */
export function requireInteger(name: string, value: number, least: number, most = 2 ** 32 - 1): void {
  const fits = Number.isSafeInteger(value) && value >= least && value <= most;
  check(name, value, fits, `an integer in [${least}, ${most}]`);
}

/** Of anything else all options would be read as left out. @throws AuditError unless it is an object. */
export function requireObject(name: string, value: object): void {
  check(name, value, typeof value === 'object' && (value as unknown) !== null, 'an object');
}

/** @throws AuditError unless it is a list of at least one. */
export function requireSome(name: string, values: readonly unknown[]): void {
  check(name, values, Array.isArray(values) && values.length > 0, 'a list of at least one');
}

/** What is squared and summed. @throws AuditError unless it is a list of numbers of at most 1e100. */
export function requireModerate(name: string, values: ArrayLike<number>): void {
  requireNumbers(name, values);
  const fits = Array.prototype.every.call(values, (value: number) => Math.abs(value) <= 1e100);
  check(name, values, fits, 'a list of numbers of at most 1e100');
}

/** @throws AuditError unless it is a list of at least one number, none of them NaN. */
export function requireNumbers(name: string, values: ArrayLike<number>): void {
  const isList = (Array.isArray(values) || ArrayBuffer.isView(values)) && values.length > 0;
  check(
    name,
    values,
    isList && Array.prototype.every.call(values, isNumber),
    'a list of numbers, at least one',
  );
}

/** @throws AuditError unless it is a list of so many truth values. */
export function requireBooleans(name: string, values: ArrayLike<boolean>, length: number): void {
  const fits = Array.isArray(values) && values.length === length;
  check(
    name,
    values,
    fits && values.every((each) => typeof each === 'boolean'),
    `a list of ${length} truth values`,
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

function check(name: string, value: unknown, fits: boolean, bound: string): void {
  if (!fits) throw new AuditError(`${name} must be ${bound}, got ${shown(value)}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'another list' : 'an object';
  return String(value);
}
