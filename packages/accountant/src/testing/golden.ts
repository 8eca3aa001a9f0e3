import {readFileSync} from 'node:fs';

/** The vectors of one file in test/golden. */
export function golden(group: string): readonly unknown[] {
  const path = new URL(`../../test/golden/${group}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as {vectors: readonly unknown[]}).vectors;
}
