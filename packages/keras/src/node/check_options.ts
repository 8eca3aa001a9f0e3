import {DpError} from '@dp/optimizers';

import {shown} from '../args/shown.js';

/** Of anything else all options would be read as left out. @throws DpError INVALID_OPTION. */
export function checkOptions(options: unknown): void {
  check('options', options, typeof options === 'object' && options !== null, 'an object');
}

/** @throws DpError INVALID_OPTION. */
export function checkPath(name: string, path: unknown): void {
  check(name, path, typeof path === 'string' && path !== '', 'the name of a folder');
}

/** @throws DpError INVALID_OPTION. */
export function checkBoolean(name: string, value: unknown): void {
  check(name, value, typeof value === 'boolean', 'true or false');
}

/** @throws DpError INVALID_OPTION. */
export function checkEverySteps(value: number | undefined): void {
  const fits = value === undefined || value === Infinity || (Number.isSafeInteger(value) && value >= 1);
  check('everySteps', value, fits, 'an integer >= 1, or left out');
}

/** @throws DpError INVALID_OPTION. */
export function checkStream(stream: unknown): void {
  const {write} = (stream ?? {}) as {readonly write?: unknown};
  check('stream', stream, typeof write === 'function', 'a stream that can be written to, as process.stderr');
}

function check(name: string, value: unknown, fits: boolean, bound: string): void {
  if (!fits) throw new DpError('INVALID_OPTION', `${name} must be ${bound}, got ${shown(value)}`);
}
