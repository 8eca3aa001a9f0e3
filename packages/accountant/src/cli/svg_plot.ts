import type * as Vega from 'vega';
import type * as VegaLite from 'vega-lite';
import {type CurvePoint, isWide, type PlotOptions, SERIES} from './curve_plot.js';

const COLOURS = ['#9aa5b1', '#e08a1e', '#1f5fa8'];

/**
 * The curves as an SVG document, by vega-lite.
 * @throws RangeError if vega and vega-lite are not installed, saying how to install them.
 */
export async function svgPlot(points: readonly CurvePoint[], options: PlotOptions): Promise<string> {
  const {vega, vegaLite} = await libraries();
  const {spec} = vegaLite.compile(specification(points, options));
  return new vega.View(vega.parse(spec), {renderer: 'none'}).toSVG();
}

function specification(points: readonly CurvePoint[], {title, over}: PlotOptions): VegaLite.TopLevelSpec {
  const names = SERIES.map(({name}) => name);
  const wide = isWide(points);
  const values = SERIES.flatMap(({key, name}) =>
    points.map((point) => ({x: point.x, epsilon: point[key], bound: name})),
  ).filter(({epsilon}) => epsilon < Infinity && (!wide || epsilon > 0));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: title,
      subtitle: 'for Poisson-sampled batches; not valid for shuffled ones',
      anchor: 'start',
    },
    background: 'white',
    padding: 16,
    width: 560,
    height: 340,
    data: {values},
    mark: {type: 'line', strokeWidth: 2.5},
    encoding: {
      x: {field: 'x', type: 'quantitative', title: over, scale: {zero: false, nice: false}},
      y: {
        field: 'epsilon',
        type: 'quantitative',
        title: 'epsilon',
        scale: {type: wide ? 'log' : 'linear', nice: !wide},
      },
      color: {
        field: 'bound',
        type: 'nominal',
        title: null,
        scale: {domain: [...names].reverse(), range: [...COLOURS].reverse()},
        legend: {orient: 'top', labelLimit: 0},
      },
    },
  };
}

async function libraries(): Promise<{
  readonly vega: typeof Vega;
  readonly vegaLite: typeof VegaLite;
}> {
  try {
    const vega = await import('vega');
    return {vega, vegaLite: await import('vega-lite')};
  } catch (error) {
    if (!String((error as {code?: unknown}).code).endsWith('MODULE_NOT_FOUND')) throw error;
    throw new RangeError('--svg needs the packages vega and vega-lite: npm install vega vega-lite', {
      cause: error,
    });
  }
}
