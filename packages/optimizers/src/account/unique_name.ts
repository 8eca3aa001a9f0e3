import {secureSource} from '@dp/random';

/** A name among all of its kind, also of other runs and machines: 96 random bits. Public. */
export function uniqueName(kind: string): string {
  const words = new Uint32Array(3);
  secureSource().fill(words);
  return `${kind}-${Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')}`;
}
