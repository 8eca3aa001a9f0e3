/** A value for an error's message, whatever it is: JavaScript can't turn every value into text. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

/** Throws unless `value` is an array. */
export function requireList(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new RangeError(`${name} must be a list, got ${shown(value)}`);
}

/** Throws unless `value` is an object: of anything else all options would be read as left out. */
export function requireOptions(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null)
    throw new RangeError(`${name} must be an object, got ${shown(value)}`);
}

/** Throws unless `value` is a finite number; `name` says whose value it is. */
export function requireFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, got ${shown(value)}`);
}

/** Throws unless `value` is a finite number >= 0. */
export function requireNonNegative(name: string, value: number): void {
  requireFinite(name, value);
  if (value < 0) throw new RangeError(`${name} must be >= 0, got ${shown(value)}`);
}

/** Throws unless `value` is a finite number > 0. */
export function requirePositive(name: string, value: number): void {
  requireFinite(name, value);
  if (value <= 0) throw new RangeError(`${name} must be > 0, got ${shown(value)}`);
}

/** Throws unless `value` is an integer >= `least` that a double holds exactly. */
export function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    const bound =
      Number.isFinite(value) && value > Number.MAX_SAFE_INTEGER
        ? 'at most 2^53 - 1'
        : `an integer >= ${least}`;
    throw new RangeError(`${name} must be ${bound}, got ${shown(value)}`);
  }
}

/** Throws unless `value` lies in [0, 1]. */
export function requireProbability(name: string, value: number): void {
  requireFinite(name, value);
  if (value < 0 || value > 1) throw new RangeError(`${name} must be in [0, 1], got ${shown(value)}`);
}

/** Throws unless `value` lies strictly between 0 and 1, as a useful delta does. */
export function requireDelta(name: string, value: number): void {
  requireFinite(name, value);
  if (value <= 0 || value >= 1) {
    throw new RangeError(
      `${name} must be > 0 and < 1, got ${shown(value)}; a common choice is below 1 / (number of examples)`,
    );
  }
}

/** Throws unless `value` is one of `allowed`. */
export function requireOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${name} must be ${allowed.map((a) => `'${a}'`).join(' or ')}, got ${shown(value)}`);
  }
}
