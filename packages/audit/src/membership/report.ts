import {largestTruePositiveRate, truePositiveRateAt, type Roc} from './roc.js';
import type {TrainedModel} from './subject.js';

const FALSE_POSITIVE_RATES = [0.001, 0.01, 0.1];

/** Attacks as lines of text: the true-positive rate at low false-positive rates, with its interval, and the area under the curve. */
export function rocTable(curves: readonly Roc[], claim?: TrainedModel['claim']): string {
  const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
  const header = ['attack', ...FALSE_POSITIVE_RATES.map((rate) => `at ${100 * rate} % false`), 'area'];
  const rows = curves.map((curve) => [
    curve.attack,
    ...FALSE_POSITIVE_RATES.map((at) => {
      const {rate, low, high} = truePositiveRateAt(curve, at);
      return `${percent(rate)} (${percent(low)} to ${percent(high)})`;
    }),
    curve.area.toFixed(3),
  ]);
  if (claim !== undefined) {
    rows.push([
      'any attack, by epsilon',
      ...FALSE_POSITIVE_RATES.map((at) => percent(largestTruePositiveRate(at, claim))),
      '',
    ]);
  }
  const widths = header.map((_, k) => Math.max(...[header, ...rows].map((row) => row[k]?.length ?? 0)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(widths[k] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
