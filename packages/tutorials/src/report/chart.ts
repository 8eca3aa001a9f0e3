import type {TopLevelSpec} from 'vega-lite';

/** Draws a chart as SVG. The chart library is loaded by this call, and by nothing before it. */
export async function chartSvg(spec: TopLevelSpec): Promise<string> {
  const {parse, View} = await import('vega');
  const {compile} = await import('vega-lite');
  const view = new View(parse(compile(spec).spec), {renderer: 'none'});
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
