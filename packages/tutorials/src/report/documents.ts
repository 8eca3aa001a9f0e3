import {writeFileSync} from 'node:fs';
import type {PrivacySpent} from '@dp/optimizers';

import type {TutorialFlags} from '../run/flags.js';
import type {EpochRecord} from '../run/history.js';
import type {RunFacts} from '../run/lines.js';
import {chartSvg} from './chart.js';
import {htmlReport} from './html_report.js';
import {runChart} from './run_chart.js';

/** A run as it may be shown to others: public constants, and figures of test data. */
export interface RunDocument {
  readonly tutorial: string;
  readonly flags: TutorialFlags;
  readonly facts: RunFacts;
  readonly guarantee: string;
  readonly records: readonly EpochRecord[];
  readonly spent: PrivacySpent | undefined;
}

/** Writes what `--plot` and `--report` ask for. @returns The files written. */
export async function writeRunDocuments(run: RunDocument): Promise<string[]> {
  const {plot, report} = run.flags;
  if ((plot ?? report) === undefined || run.records.length === 0) return [];
  const svg = await chartSvg(runChart(run.records));
  if (plot !== undefined) writeFileSync(plot, svg);
  if (report !== undefined) writeFileSync(report, htmlReport(run, svg));
  return [plot, report].filter((file) => file !== undefined);
}
