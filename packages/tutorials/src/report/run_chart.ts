import type {TopLevelSpec} from 'vega-lite';

import type {EpochRecord} from '../run/history.js';

/** Test accuracy by epoch, and under it, where there is one, the epsilon spent by then. */
export function runChart(records: readonly EpochRecord[]): TopLevelSpec {
  const x = {field: 'epoch', type: 'quantitative', axis: {tickMinStep: 1, format: 'd'}} as const;
  const accuracy = {
    mark: {type: 'line', point: true},
    encoding: {
      x,
      y: {
        field: 'accuracy',
        type: 'quantitative',
        title: 'test accuracy',
        axis: {format: '.1%'},
        scale: {zero: false},
      },
    },
    width: 480,
    height: 200,
  } as const;
  const epsilon = {
    transform: [
      {fold: ['epsilon', 'epsilonClassic'], as: ['bound', 'value']},
      {
        calculate:
          "datum.bound === 'epsilon' ? 'tight (privacy loss distributions)' : 'classic (Renyi divergences)'",
        as: 'bound',
      },
    ],
    mark: {type: 'line', point: true},
    encoding: {
      x,
      y: {field: 'value', type: 'quantitative', title: 'epsilon spent'},
      color: {
        field: 'bound',
        type: 'nominal',
        title: null,
        sort: 'descending',
        legend: {orient: 'bottom', labelLimit: 0},
      },
    },
    width: 480,
    height: 140,
  } as const;
  const isPrivate = records.some((record) => Number.isFinite(record.epsilon));
  return {
    background: 'white',
    data: {values: records.map((record) => ({...record}))},
    vconcat: isPrivate ? [accuracy, epsilon] : [accuracy],
  } as TopLevelSpec;
}
