import {InvalidArgumentError} from 'commander';

/**
 * Lets flags be written as `--kebab-case` too, and `--N` as `--n`: every spelling of a name in `names` (written with
 * underscores) becomes that name, everything else stays as it is.
 */
export function canonicalFlags(argv: readonly string[], names: readonly string[]): string[] {
  const spellings = new Map(names.map((name) => [name.toLowerCase(), name]));
  return argv.map((argument) => {
    const [flag = '', ...value] = argument.split('=');
    if (!flag.startsWith('--')) return argument;
    const name = spellings.get(flag.slice(2).replaceAll('-', '_').toLowerCase());
    return name === undefined ? argument : [`--${name}`, ...value].join('=');
  });
}

/** A decimal number as a flag's value; nothing else, not even an empty text, counts as a number. */
export function parseNumber(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    throw new InvalidArgumentError('It is not a number; write 256, 1.1 or 1e-5.');
  }
  return Number(text);
}
