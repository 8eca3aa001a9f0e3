import type {TopLevelSpec} from 'vega-lite';

import type {Row} from './rows.js';
import type {RunResult} from './train_row.js';

/**
 * Accuracy against epsilon: a line a row, the mean over its runs after each epoch at the tight epsilon; a circle a run at
 * its end; a cross where the original's table is; a rule for what is reached without privacy.
 */
export function accuracyPlot(rows: readonly {row: Row; results: readonly RunResult[]}[]): TopLevelSpec {
  const named = rows.flatMap(({row, results}) =>
    results.map((result) => ({row: label(row), result, of: row})),
  );
  const privateRuns = named.filter(({of}) => of.settings.privacy !== undefined);
  const x = {field: 'epsilon', type: 'quantitative', title: 'epsilon at delta 1e-5'} as const;
  const y = {
    field: 'accuracy',
    type: 'quantitative',
    title: 'test accuracy',
    axis: {format: '%'},
    scale: {zero: false},
  } as const;
  const color = {field: 'row', type: 'nominal', title: null} as const;
  return {
    width: 560,
    height: 360,
    background: 'white',
    title: {
      text: 'lines: after each epoch, the mean of the runs; circles: each run at its end; crosses: the original, classic epsilon; dashed: without privacy',
      fontSize: 10,
      fontWeight: 'normal',
      anchor: 'start',
    },
    // Names are never cut short.
    config: {legend: {labelLimit: 0}},
    data: {values: []},
    layer: [
      {
        data: {
          values: rows
            .filter(({row}) => row.settings.privacy !== undefined)
            .flatMap(({row, results}) => meanByEpoch(results).map((point) => ({row: label(row), ...point}))),
        },
        transform: [{filter: 'datum.accuracy > 0.8'}],
        mark: {type: 'line'},
        encoding: {x, y, color},
      },
      {
        data: {
          values: privateRuns.map(({row, result}) => ({
            row,
            accuracy: result.accuracy,
            epsilon: result.privacy?.epsilon,
          })),
        },
        mark: {type: 'point'},
        encoding: {x, y, color},
      },
      {
        data: {
          values: rows.flatMap(({row}) =>
            row.original?.epsilon === undefined ? [] : [{row: label(row), ...row.original}],
          ),
        },
        mark: {type: 'point', shape: 'cross', size: 90, filled: true},
        encoding: {x, y, color},
      },
      {
        data: {
          values: named
            .filter(({of}) => of.settings.privacy === undefined)
            .map(({result: {accuracy}}) => ({row: 'no privacy', accuracy})),
        },
        mark: {type: 'rule', strokeDash: [4, 4]},
        encoding: {y: {...y, aggregate: 'mean'}, color},
      },
    ],
  };
}

/** By the epoch's number: runs of other versions may differ in epsilon's last digits. */
function meanByEpoch(results: readonly RunResult[]): {accuracy: number; epsilon: number}[] {
  const [first] = results;
  return (first?.epochs ?? []).map((_, e) => {
    const epochs = results.flatMap((result) => result.epochs[e] ?? []);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      accuracy: mean(epochs.map(({accuracy}) => accuracy)),
      epsilon: mean(epochs.flatMap(({epsilon}) => epsilon ?? [])),
    };
  });
}

function label({name, settings: {privacy, learningRate}}: Row): string {
  return privacy === undefined ? 'no privacy' : `${name}: clip ${privacy.l2NormClip}, lr ${learningRate}`;
}
