import {largestTruePositiveRate, type Roc, type RocPoint} from './roc.js';
import type {TrainedModel} from './subject.js';

/** Rates below this are not drawn: the axes are logarithmic, since an attack is judged by its few sure guesses. */
const SMALLEST = 1e-3;
/** Points of a line, at equal distances of logarithms; of curves, at most so many. */
const LINE_POINTS = 60;
const CURVE_POINTS = 240;
const CHANCE = 'chance';

/**
 * Curves of attacks as a specification of Vega-Lite 6, which draws it as SVG or in a page. With a claim, also the line that no
 * attack can pass.
 */
export function rocChart(
  panels: readonly {
    readonly title: string;
    readonly curves: readonly Roc[];
    readonly claim?: TrainedModel['claim'];
  }[],
): object {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    hconcat: panels.map(({title, curves, claim}) => {
      const lines: [string, readonly RocPoint[]][] = curves.map(({attack, points}) => [attack, points]);
      lines.push([CHANCE, lineOf((rate) => rate)]);
      if (claim !== undefined) {
        lines.push(['what epsilon allows', lineOf((rate) => largestTruePositiveRate(rate, claim))]);
      }
      const values = lines.flatMap(([line, points]) => thinned(points).map((point) => ({line, ...point})));
      return {
        title,
        width: 320,
        height: 320,
        data: {values},
        mark: {type: 'line', interpolate: 'step-after'},
        encoding: {
          x: axis('falsePositiveRate', 'false-positive rate'),
          y: axis('truePositiveRate', 'true-positive rate'),
          color: {field: 'line', type: 'nominal', title: null, sort: null},
          strokeDash: {
            condition: {
              test: `datum.line === '${CHANCE}' || datum.line === 'what epsilon allows'`,
              value: [4, 3],
            },
            value: [1, 0],
          },
        },
      };
    }),
  };
}

function axis(field: keyof RocPoint, title: string): object {
  return {field, type: 'quantitative', title, scale: {type: 'log', domain: [SMALLEST, 1]}};
}

/** Of the points that are drawn, the last at each of so many places. */
function thinned(points: readonly RocPoint[]): RocPoint[] {
  const drawn = points.filter(
    ({falsePositiveRate, truePositiveRate}) => falsePositiveRate >= SMALLEST && truePositiveRate >= SMALLEST,
  );
  const placeOf = ({falsePositiveRate}: RocPoint): number =>
    Math.round((CURVE_POINTS * Math.log(falsePositiveRate)) / Math.log(SMALLEST));
  return [...new Map(drawn.map((point) => [placeOf(point), point])).values()];
}

function lineOf(rateAt: (falsePositiveRate: number) => number): RocPoint[] {
  return Array.from({length: LINE_POINTS + 1}, (_, i) => {
    const falsePositiveRate = SMALLEST ** (1 - i / LINE_POINTS);
    return {falsePositiveRate, truePositiveRate: rateAt(falsePositiveRate)};
  });
}
