import type {Row} from './rows.js';
import type {RunResult} from './train_row.js';

/** What the runs of one row say together. */
export interface RowSummary {
  readonly row: Row;
  readonly runs: number;
  readonly meanAccuracy: number;
  /** Of one run, by n - 1; undefined for fewer than two. */
  readonly standardDeviation?: number;
  readonly epsilon?: number;
  readonly epsilonClassic?: number;
  readonly meanWallSeconds: number;
  readonly meanCpuSeconds: number;
  /** Where the runs were made, each machine once. */
  readonly machines: readonly string[];
}

/** @param results - At least one. */
export function summarize(row: Row, results: readonly RunResult[]): RowSummary {
  const meanOf = (value: (result: RunResult) => number): number =>
    results.reduce((sum, result) => sum + value(result), 0) / results.length;
  const meanAccuracy = meanOf(({accuracy}) => accuracy);
  const variance =
    (meanOf(({accuracy}) => (accuracy - meanAccuracy) ** 2) * results.length) / (results.length - 1);
  // Every run of a row spends the same: epsilon follows from public constants.
  const privacy = results[0]?.privacy;
  return {
    row,
    runs: results.length,
    meanAccuracy,
    ...(results.length > 1 && {standardDeviation: Math.sqrt(variance)}),
    ...(privacy !== undefined && {epsilon: privacy.epsilon, epsilonClassic: privacy.epsilonClassic}),
    meanWallSeconds: meanOf(({wallSeconds}) => wallSeconds),
    meanCpuSeconds: meanOf(({cpuSeconds}) => cpuSeconds),
    machines: distinct(
      results.map(({machine: {cpu, cores, node}}) => `${cpu}, ${cores} cores, Node ${node}`),
    ),
  };
}

/** The summaries as a table of Markdown, against the original's, and where the runs were made. */
export function markdownTable(summaries: readonly RowSummary[]): string {
  const head = [
    ['row', '---'],
    ['learning rate', '--:'],
    ['noise', '--:'],
    ['clip', '--:'],
    ['batch', '--:'],
    ['epochs', '--:'],
    ['epsilon, classic', '--:'],
    ['epsilon, tight', '--:'],
    ['runs', '--:'],
    ['accuracy', '--:'],
    ['original', '--:'],
    ['processor time a run', '--:'],
  ];
  const lines = summaries.map(({row, runs, meanAccuracy, standardDeviation, ...rest}) => [
    row.name,
    String(row.settings.learningRate),
    String(row.settings.privacy?.noiseMultiplier ?? '-'),
    String(row.settings.privacy?.l2NormClip ?? '-'),
    String(row.settings.batchSize),
    String(row.settings.epochs),
    rest.epsilonClassic?.toFixed(2) ?? '-',
    rest.epsilon?.toFixed(2) ?? '-',
    String(runs),
    percent(meanAccuracy) + (standardDeviation === undefined ? '' : ` ± ${percent(standardDeviation)}`),
    original(row),
    `${Math.round(rest.meanCpuSeconds)} s`,
  ]);
  const table = [head.map(([name]) => name), head.map(([, rule]) => rule), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
  const machines = distinct(summaries.flatMap((summary) => summary.machines));
  return machines.length === 0 ? table : `${table}\nMachine: ${machines.join('; ')}.\n`;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function percent(fraction: number, digits = 2): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

function original({original: known}: Row): string {
  if (known === undefined) return '-';
  return `${percent(known.accuracy, 1)}${known.epsilon === undefined ? '' : ` at ${known.epsilon.toFixed(2)}`}`;
}
