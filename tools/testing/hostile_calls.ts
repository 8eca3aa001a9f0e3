// Calls that no one means: each argument and each option of a public function replaced by each absurd value, for the tests of all
// packages. A call must throw an error that says what was wrong, or do what it says: nothing is coerced, nothing comes out as NaN.

/** Absurd values, by what they are. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-1', -1],
  ['0', 0],
  ['-0', -0],
  ['0.5', 0.5],
  ['1e308', 1e308],
  ['5e-324', 5e-324],
  ['2^53', 2 ** 53],
  ["'1'", '1'],
  ["''", ''],
  ["'constructor'", 'constructor'],
  ["'__proto__'", '__proto__'],
  ['true', true],
  ['null', null],
  ['undefined', undefined],
  ['1n', 1n],
  ['[]', []],
  ['[1]', [1]],
  ['{}', {}],
  ['an object that is worth 1', {valueOf: () => 1}],
  ['an object without a text', Object.create(null)],
  ['a symbol', Symbol('hostile')],
  ['a function', () => 1],
];

/** How a public function is called. */
export interface HostileCall {
  /** Arguments that it takes. */
  readonly args: readonly unknown[];
  /** Paths, such as `0.ledger`, whose value may also be of other types, or be left alone by the function. */
  readonly free?: readonly string[];
  /** Paths whose value is replaced as a whole alone. */
  readonly whole?: readonly string[];
  /** What to do with them. Default: calls the export. */
  readonly call?: (...args: readonly never[]) => unknown;
}

/** Why an export has no calls of its own. */
export type Untested = string;

/** What went wrong, one text a call. */
export async function violations(
  name: string,
  call: (...args: readonly never[]) => unknown,
  {args, free = [], whole = []}: HostileCall,
): Promise<string[]> {
  const usual = await problemOf(
    () => call(...(args as never[])),
    {mayPass: true, mayBeTypeError: false},
    true,
  );
  const found: string[] = usual === undefined ? [] : [`${name}, as it is meant: ${usual}`];
  for (const path of pathsOf(args, whole)) {
    if (path.length === 0) continue;
    const original = valueAt(args, path);
    const isFree = free.includes(path.join('.'));
    for (const [what, value] of VALUES) {
      const problem = await problemOf(() => call(...(replaced(args, path, value) as never[])), {
        mayPass: isFree || mayStandFor(value, original),
        mayBeTypeError: typeof original === 'object' || typeof original === 'function',
      });
      if (problem !== undefined) found.push(`${name}(${path.join('.')} = ${what}): ${problem}`);
    }
  }
  return found;
}

/** Words of an engine that went on with a value it was not made for. */
const ACCIDENTS =
  /Cannot (read|set|destructure|convert|mix)|is not (a function|iterable|a constructor|an? object)|undefined is not|Invalid (typed )?array length|toString|call stack|[Oo]ut of (memory|bounds)|Reduce of empty/;

async function problemOf(
  attempt: () => unknown,
  {mayPass, mayBeTypeError}: {readonly mayPass: boolean; readonly mayBeTypeError: boolean},
  mayNotThrow = false,
): Promise<string | undefined> {
  let result: unknown;
  try {
    result = await attempt();
  } catch (error) {
    const {message, name} = error as Error;
    const isAccident = ACCIDENTS.test(message) && !(mayBeTypeError && name === 'TypeError');
    return isAccident || mayNotThrow || message === ''
      ? `an accident: ${name}: ${message.slice(0, 150)}`
      : undefined;
  }
  if (!mayPass) return `taken, and gave ${shown(result)}`;
  return holdsNaN(result, 0) ? `gave NaN in ${shown(result)}` : undefined;
}

/** Whether a value is of the kind that is expected: then the function may take it, if it is in its range. */
function mayStandFor(value: unknown, original: unknown): boolean {
  // Left out: a default, or an error.
  if (value === undefined) return true;
  if (typeof original === 'object') return typeof value === 'object' && value !== null;
  return typeof value === typeof original && typeof original !== 'string';
}

/** Of everything inside: an index or name at each level, into plain objects and arrays. */
function pathsOf(value: unknown, whole: readonly string[], path: readonly string[] = []): string[][] {
  if (!isPlain(value) || path.length > 3 || whole.includes(path.join('.'))) return [[...path]];
  return [
    [...path],
    ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, whole, [...path, name])),
  ];
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

function valueAt(args: readonly unknown[], path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => Reflect.get(at as object, name), args);
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return by;
  const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : {...(value as object)};
  Reflect.set(copy as object, name, replaced(Reflect.get(value as object, name), rest, by));
  return copy;
}

function holdsNaN(value: unknown, depth: number): boolean {
  if (Number.isNaN(value)) return true;
  if (typeof value !== 'object' || value === null || depth > 3) return false;
  return (isPlain(value) ? Object.values(value) : []).some((inner) => holdsNaN(inner, depth + 1));
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  try {
    return JSON.stringify(value).slice(0, 80);
  } catch {
    return typeof value;
  }
}
