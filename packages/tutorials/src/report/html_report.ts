import type {RunDocument} from './run_document.js';

/** A page about a run, complete in one file. It holds nothing that comes from the training examples but what was released. */
export function htmlReport(
  {tutorial, flags, facts, guarantee, records, spent}: RunDocument,
  svg: string,
): string {
  const settings: (readonly [string, string | number | boolean])[] = [
    ['training records', facts.numExamples],
    ['one record is', `one ${facts.unit}`],
    ['(expected) batch size', flags.batchSize],
    ['steps an epoch', facts.stepsPerEpoch],
    ['learning rate', flags.learningRate],
    ...(flags.dpsgd
      ? ([
          ['sampling', flags.sampling],
          ['clipping norm', flags.l2NormClip],
          ['noise multiplier', facts.noiseMultiplier],
          ['delta', flags.delta],
        ] as const)
      : []),
  ];
  const rows = records.map(
    ({epoch, accuracy, epsilon, epsilonClassic}) =>
      [epoch, accuracy.toFixed(4), shown(epsilon), shown(epsilonClassic)] as const,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${text(tutorial)}: a training run</title>
<style>
  body {font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem}
  table {border-collapse: collapse; margin: 1rem 0}
  td, th {padding: 0.1rem 0.8rem 0.1rem 0; text-align: left}
  svg {max-width: 100%; height: auto}
</style>
<h1>${text(tutorial)}: a training run</h1>
<p>${text(guarantee)}</p>
${spent === undefined ? '' : `<p>${text(`epsilon ${shown(spent.epsilon)} at delta ${spent.delta}, ${spent.releases} releases: ${spent.basis}.`)}</p>`}
${table(['setting', 'value'], settings)}
${svg}
${table(['epoch', 'test accuracy', 'epsilon, tight', 'epsilon, classic'], rows)}
<p>Accuracy is that of the test data, which has no guarantee. Settings that were chosen by trying them on the same training
data have cost privacy that is not counted here.</p>
</html>
`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number | boolean)[])[]): string {
  const line = (cells: readonly (string | number | boolean)[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${text(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<table>\n${line(head, 'th')}\n${rows.map((row) => line(row, 'td')).join('\n')}\n</table>`;
}

function shown(epsilon: number | undefined): string {
  if (epsilon === undefined) return '-';
  return epsilon === Infinity ? 'none' : epsilon.toFixed(3);
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
