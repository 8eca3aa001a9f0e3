import {InvalidArgumentError} from 'commander';

/** Parsers of flag values, for commander. */
export function parseBoolean(text: string): boolean {
  if (['true', '1', 'yes'].includes(text.toLowerCase())) return true;
  if (['false', '0', 'no'].includes(text.toLowerCase())) return false;
  throw new InvalidArgumentError('It must be true or false.');
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError('It must be > 0.');
  return value;
}

export function nonNegativeNumber(text: string): number {
  const value = number(text);
  if (value < 0) throw new InvalidArgumentError('It must be >= 0.');
  return value;
}

export function probability(text: string): number {
  const value = number(text);
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('It must be between 0 and 1.');
  return value;
}

export function decay(text: string): number {
  const value = number(text);
  if (value < 0 || value >= 1) throw new InvalidArgumentError('It must be at least 0 and less than 1.');
  return value;
}

export function integer(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be an integer.');
  return value;
}

export function positiveInteger(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('It must be >= 1.');
  return value;
}

export function nonNegativeInteger(text: string): number {
  const value = integer(text);
  if (value < 0) throw new InvalidArgumentError('It must be >= 0.');
  return value;
}

/** A number of threads; `auto` is as many as this machine runs at once. */
export function threadCount(text: string): number | 'auto' {
  return text === 'auto' ? 'auto' : positiveInteger(text);
}
