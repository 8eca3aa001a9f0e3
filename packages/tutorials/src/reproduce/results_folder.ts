import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';

import {UsageError} from '../usage_error.js';
import type {Row} from './rows.js';
import type {RunResult} from './train_row.js';

/** The folder of a table: `runs/ROW-NUMBER.json`, and what is computed from them. */
export class ResultsFolder {
  readonly #runs: string;

  constructor(readonly path: string) {
    this.#runs = join(path, 'runs');
    mkdirSync(this.#runs, {recursive: true});
  }

  has(row: Row, run: number): boolean {
    return existsSync(this.#file(row.name, run));
  }

  /** Keeps a finished run. A file is there whole or not at all. */
  add(result: RunResult): void {
    const file = this.#file(result.row, result.run);
    writeFileSync(`${file}.part`, `${JSON.stringify(result, null, 2)}\n`);
    renameSync(`${file}.part`, file);
  }

  /**
   * The finished runs of a row, in order of their numbers.
   *
   * @throws UsageError for a file that is no run of this row as it is now: figures of different settings would be averaged.
   */
  runsOf(row: Row): RunResult[] {
    return readdirSync(this.#runs)
      .filter((name) => name.startsWith(row.name) && /^-\d+\.json$/.test(name.slice(row.name.length)))
      .map((name) => checkedRun(join(this.#runs, name), row))
      .sort((a, b) => a.run - b.run);
  }

  /** Writes a file that is computed from the runs. */
  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  #file(row: string, run: number): string {
    return join(this.#runs, `${row}-${run}.json`);
  }
}

function checkedRun(file: string, {name, settings}: Row): RunResult {
  const remedy = 'Move it away, or name another --results_dir';
  let result: Partial<RunResult> | null;
  try {
    result = JSON.parse(readFileSync(file, 'utf8')) as Partial<RunResult> | null;
  } catch {
    throw new UsageError(`${file} is no JSON. ${remedy}`);
  }
  if (!isDeepStrictEqual([result?.format, result?.settings], [1, settings])) {
    throw new UsageError(`${file} was trained with other settings than the row ${name} has now. ${remedy}`);
  }
  return result as RunResult;
}
