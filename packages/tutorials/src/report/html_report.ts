import {deltaText} from '../run/lines.js';
import type {RunDocument} from './run_document.js';

/** A page about a run, complete in one file. It holds nothing that comes from the training examples but what was released. */
export function htmlReport(run: RunDocument, svg: string): string {
  const {tutorial, guarantee, records, spent} = run;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(tutorial)}: a training run</title>
<style>
  body {font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem}
  table {border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums}
  td, th {padding: 0.1rem 1.5rem 0.1rem 0; text-align: left}
  .numbers td, .numbers th {text-align: right}
  svg {width: 100%; height: auto}
</style>
<h1>${text(tutorial)}: a training run</h1>
${paragraph(result(run))}
${paragraph(guarantee)}
${spent === undefined ? '' : paragraph(`Sampling: ${spent.basis}. Updates released: ${spent.releases.toLocaleString('en')}.`)}
${svg}
<h2>Settings</h2>
${table(['setting', 'value'], settings(run))}
<h2>What this does not say</h2>
<p>Accuracy is that of the test data, which has no guarantee. Settings that were chosen by trying them on the same training
data have cost privacy that is not counted here.</p>
<h2>Epoch by epoch</h2>
${epochTable(records)}
</html>
`;
}

function result({records, spent}: RunDocument): string {
  const last = records.at(-1);
  if (last === undefined) return 'No epoch was finished.';
  const reached =
    `Test accuracy ${percent(last.accuracy)}` +
    (last.perplexity === undefined ? '' : ` and perplexity ${last.perplexity.toFixed(2)}`) +
    ` after ${last.epoch} epochs`;
  if (spent === undefined) return `${reached}, without privacy.`;
  if (spent.epsilon === Infinity)
    return `${reached}. Something was released without noise: no epsilon holds.`;
  return (
    `${reached}, at epsilon ${spent.epsilon.toFixed(2)} and delta ${deltaText(spent.delta)}. ` +
    `That epsilon is tight, by privacy loss distributions; by Renyi divergences, as older publications count, the same run has ${spent.epsilonClassic.toFixed(2)}.`
  );
}

function settings({data, flags, facts}: RunDocument): Cells[] {
  return [
    ['data', data],
    ['training records', facts.numExamples.toLocaleString('en')],
    ['one record is', `one ${facts.unit}`],
    [flags.dpsgd && flags.sampling === 'poisson' ? 'expected batch size' : 'batch size', flags.batchSize],
    ['steps an epoch', facts.stepsPerEpoch],
    ['optimizer', facts.optimizer],
    ['learning rate', flags.learningRate],
    ...(flags.dpsgd
      ? ([
          ['sampling', flags.sampling],
          ['clipping norm', flags.l2NormClip],
          ['noise multiplier', Number(facts.noiseMultiplier.toPrecision(6))],
          ['delta', deltaText(flags.delta)],
        ] as const)
      : []),
  ];
}

/** What no epoch has (epsilon without privacy, perplexity of pictures) is no column. */
function epochTable(records: RunDocument['records']): string {
  const columns = [
    ['epoch', ({epoch}) => String(epoch)],
    ['test accuracy', ({accuracy}) => percent(accuracy)],
    ['perplexity', ({perplexity}) => perplexity?.toFixed(2)],
    ['epsilon, tight', ({epsilon}) => epsilon?.toFixed(3)],
    ['epsilon, classic', ({epsilonClassic}) => epsilonClassic?.toFixed(3)],
  ] satisfies [string, (record: RunDocument['records'][number]) => string | undefined][];
  const filled = columns.filter(([, cell]) => records.some((record) => cell(record) !== undefined));
  return table(
    filled.map(([name]) => name),
    records.map((record) => filled.map(([, cell]) => cell(record)?.replace('Infinity', 'none') ?? '')),
    'numbers',
  );
}

type Cells = readonly (string | number)[];

function table(head: Cells, rows: readonly Cells[], kind = 'words'): string {
  const line = (cells: Cells, tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${text(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<table class="${kind}">\n${line(head, 'th')}\n${rows.map((row) => line(row, 'td')).join('\n')}\n</table>`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function paragraph(words: string): string {
  return `<p>${text(words)}</p>`;
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
