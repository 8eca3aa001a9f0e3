import {writeFileSync} from 'node:fs';

import {chartSvg} from './chart.js';
import {htmlReport} from './html_report.js';
import {svgToPng} from './png.js';
import {runChart} from './run_chart.js';
import type {RunDocument} from './run_document.js';

/** Writes what `--plot` and `--report` ask for. @returns The files written. */
export async function writeRunDocuments(run: RunDocument): Promise<string[]> {
  const {plot, report} = run.flags;
  if ((plot ?? report) === undefined || run.records.length === 0) return [];
  const svg = await chartSvg(runChart(run.records));
  if (plot !== undefined) writeFileSync(plot, plot.endsWith('.png') ? await svgToPng(svg) : svg);
  if (report !== undefined) writeFileSync(report, htmlReport(run, svg));
  return [plot, report].filter((file) => file !== undefined);
}
