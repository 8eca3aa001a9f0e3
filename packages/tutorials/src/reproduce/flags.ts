import {Command, InvalidArgumentError, Option} from 'commander';

import {BACKENDS, type BackendName} from '../backend.js';
import {nonNegativeInteger, positiveInteger} from '../run/flag_values.js';
import type {ReproduceFlags} from './reproduce.js';
import {ROWS, type Row} from './rows.js';

/** The command `reproduce`; calls `run` with what was parsed. */
export function reproduceCommand(run: (flags: ReproduceFlags) => Promise<void>): Command {
  return new Command('reproduce')
    .description("train the rows of the original tutorials' table, and write the table and its plot")
    .option(
      '--runs <integer>',
      'runs of each row; 0 writes the table of those that are there',
      nonNegativeInteger,
      10,
    )
    .option(
      '--rows <names>',
      `rows, separated by commas (default: ${ROWS.map(({name}) => name).join(',')})`,
      namedRows,
    )
    .option('--workers <integer>', 'runs side by side, each in a process of its own', positiveInteger, 1)
    .option(
      '--results_dir <folder>',
      'where runs are kept; those that are there are not trained again',
      'docs/results',
    )
    .option('--data_dir <folder>', 'folder with the MNIST files, gzip or plain (or set DP_DATA_DIR)')
    .addOption(
      new Option('--backend <name>', 'where TensorFlow.js computes').choices(BACKENDS).default('wasm'),
    )
    .action((raw: RawFlags) =>
      run({
        rows: raw.rows ?? ROWS,
        runs: raw.runs,
        workers: raw.workers,
        resultsDir: raw.results_dir,
        dataDir: raw.data_dir,
        backend: raw.backend,
      }),
    );
}

interface RawFlags {
  readonly rows?: readonly Row[];
  readonly runs: number;
  readonly workers: number;
  readonly results_dir: string;
  readonly data_dir?: string;
  readonly backend: BackendName;
}

function namedRows(text: string): Row[] {
  return text.split(',').map((name) => {
    const row = ROWS.find((known) => known.name === name);
    if (row === undefined) {
      throw new InvalidArgumentError(
        `It must name rows among ${ROWS.map((known) => known.name).join(', ')}.`,
      );
    }
    return row;
  });
}
