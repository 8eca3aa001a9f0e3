import plotModule, {type Point} from 'simple-ascii-chart';
import {type CurvePoint, finiteEpsilons, isWide, type PlotOptions, SERIES} from './curve_plot.js';

const WIDTH = 64;
const HEIGHT = 18;
const TICKS = 6;

/** The curves in characters. */
export function terminalPlot(points: readonly CurvePoint[], {title, over}: PlotOptions): string {
  const wide = isWide(points);
  const height = (epsilon: number): number => (wide ? Math.log10(epsilon) : epsilon);
  const symbols = new Map<string, string>();
  const lines = SERIES.map(({key, symbol}) => {
    const line = points.map((point): Point => [point.x, height(point[key])]);
    const drawable = line.filter(([, y]) => Number.isFinite(y));
    // The library tells only which point is drawn, not of which line it is.
    for (const [x, y] of drawable) symbols.set(`${x} ${y}`, symbol);
    return drawable;
  });
  const epsilons = finiteEpsilons(points).filter((epsilon) => !wide || epsilon > 0);
  const [least, most] = [Math.min(...epsilons), Math.max(...epsilons)];
  const marks = wide ? logarithmicTicks(least, most) : ticks(0, most);
  const xs = points.map(({x}) => x);
  const chart = plotModule(lines, {
    width: WIDTH,
    height: HEIGHT,
    yRange: [Math.min(height(least), height(marks[0] ?? least)), height(most)],
    customXAxisTicks: ticks(Math.min(...xs), Math.max(...xs)),
    customYAxisTicks: marks.map(height),
    formatter: (value, {axis}) => Number((axis === 'y' && wide ? 10 ** value : value).toPrecision(6)),
    lineFormatter: ({x, y, plotX, plotY}) => ({x: plotX, y: plotY, symbol: symbols.get(`${x} ${y}`) ?? '?'}),
    title,
    xLabel: over,
  });
  const rows = chart.split('\n').map((row) => row.trimEnd());
  const legend = SERIES.map(({name, symbol}) => `  ${symbol}  ${name}`).reverse();
  return [...rows.filter((row) => row !== ''), ...legend].join('\n');
}

/** Round numbers between two others. */
function ticks(from: number, to: number): number[] {
  const rough = (to - from) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({length: count}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 1, 2 and 5 times the powers of ten that are near two numbers and between them; powers alone where these are many. */
function logarithmicTicks(from: number, to: number): number[] {
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  const factors = last - first > 3 ? [1] : [1, 2, 5];
  const all = Array.from({length: last - first + 1}, (_, i) =>
    factors.map((factor) => Number(`${factor}e${first + i}`)),
  ).flat();
  const below = all.filter((tick) => tick <= from).length;
  return all.slice(below - 1).filter((tick) => tick <= to);
}
