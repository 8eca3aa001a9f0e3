import {createProgress} from '@dp/keras/terminal';

import type {BackendName} from '../backend.js';
import {chartSvg} from '../report/chart.js';
import {interruptible} from '../terminal/interrupt.js';
import type {Streams} from '../terminal/streams.js';
import {accuracyPlot} from './plot.js';
import {ResultsFolder} from './results_folder.js';
import type {Row} from './rows.js';
import {markdownTable, summarize} from './table.js';
import {trainInProcess, type TrainRun} from './worker.js';

/** What `dp-tutorial reproduce` is asked to do. */
export interface ReproduceFlags {
  readonly rows: readonly Row[];
  /** Of each row. */
  readonly runs: number;
  /** Runs side by side. */
  readonly workers: number;
  readonly resultsDir: string;
  readonly dataDir: string | undefined;
  readonly backend: BackendName;
}

/**
 * Trains the rows of the original tutorials' table, as many runs of each as asked for and not yet there, and writes the
 * table, its plot and its numbers anew after each. The first runs of all rows come before the second ones.
 *
 * @param train - How one run is trained, for tests.
 * @throws UsageError if a run fails or the folder holds runs of other settings; finished runs stay.
 */
export async function reproduce(
  {rows, runs, workers, resultsDir, dataDir, backend}: ReproduceFlags,
  {stdout, stderr}: Streams,
  train: TrainRun = trainInProcess,
): Promise<{interrupted: boolean}> {
  const folder = new ResultsFolder(resultsDir);
  // What is there must fit before anything is trained.
  for (const row of rows) folder.runsOf(row);
  const todo = Array.from({length: runs}, (_, i) => rows.map((row) => ({row, run: i + 1})))
    .flat()
    .filter(({row, run}) => !folder.has(row, run));
  const total = todo.length;
  stdout.write(
    `${rows.length * runs - total} of ${rows.length * runs} runs are in ${resultsDir}, ${total} to train.\n`,
  );

  const interrupt = interruptible({onInterrupt: () => stderr.write('Stopping; finished runs stay ...\n')});
  // A run that fails ends the others: nothing goes on behind an error.
  const failure = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, failure.signal]);
  const progress = createProgress(stderr);
  const totalSteps = todo.reduce((sum, {row}) => sum + steps(row), 0);
  let [done, doneSteps] = [0, 0];
  const showProgress = (): void =>
    progress.start(totalSteps, {label: `run ${Math.min(done + 1, total)}/${total}`, done: doneSteps});
  const onStep = (): void => progress.update({step: ++doneSteps});

  const work = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined && !signal.aborted; next = todo.shift()) {
      const result = await train({...next, backend, dataDir}, onStep, signal);
      folder.add(result);
      await writeTable(folder, rows);
      done++;
      progress.stop();
      const {row, run, settings, accuracy, cpuSeconds, wallSeconds} = result;
      stdout.write(
        `${row}, run ${run}: ${(100 * accuracy).toFixed(2)} % after ${settings.epochs} epochs, ${cpuSeconds} s of processor time, ${wallSeconds} s on the clock\n`,
      );
      if (done < total) showProgress();
    }
  };
  try {
    if (total > 0) showProgress();
    await Promise.all(
      Array.from({length: workers}, () =>
        work().catch((error: unknown) => {
          failure.abort();
          throw error;
        }),
      ),
    );
    stdout.write(`\n${await writeTable(folder, rows)}`);
    return {interrupted: false};
  } catch (error) {
    if (interrupt.signal.aborted) return {interrupted: true};
    throw error;
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

/** Of MNIST: for the bar alone. */
function steps({settings: {batchSize, epochs}}: Row): number {
  return Math.floor(60_000 / batchSize) * epochs;
}

async function writeTable(folder: ResultsFolder, rows: readonly Row[]): Promise<string> {
  const finished = rows
    .map((row) => ({row, results: folder.runsOf(row)}))
    .filter(({results}) => results.length > 0);
  const summaries = finished.map(({row, results}) => summarize(row, results));
  const table = markdownTable(summaries);
  folder.write('table.md', table);
  folder.write('summary.json', `${JSON.stringify(summaries, null, 2)}\n`);
  folder.write('accuracy.svg', await chartSvg(accuracyPlot(finished)));
  return table;
}
