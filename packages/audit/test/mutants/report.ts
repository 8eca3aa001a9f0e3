// Plants every mutant in turn, then runs the sources as they are twenty times, and prints a table in Markdown; after the number of
// runs, words choose the mutants that hold one of them:
// node --conditions=@dp/source --import=./packages/audit/test/mutants/register.mjs packages/audit/test/mutants/report.ts
import {BATTERY} from './battery.js';
import {runBattery} from './run_battery.js';
import {IMPOSSIBLE, MUTANTS} from './table.js';

const [runs = '20', ...words] = process.argv.slice(2);
const RUNS = Number(runs);
const planted = MUTANTS.filter(({what}) => words.length === 0 || words.some((word) => what.includes(word)));
const row = (...cells: string[]): unknown =>
  print(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
const print = (line: string): unknown => process.stdout.write(`${line}\n`);

print('| mistake | caught by | as |\n| --- | --- | --- |');
let missed = 0;
for (const {what, edits, caughtBy} of planted) {
  const [caught] = await runBattery([caughtBy], edits);
  if (caught === undefined || caught.name === 'could not be made') missed++;
  row(what, caught === undefined ? '**not caught**' : caught.name, caught?.detail ?? '');
}
for (const {what, why} of IMPOSSIBLE) row(what, 'not planted', why);
print(`\n${planted.length - missed} of ${planted.length} mistakes caught.`);

/** The step of the MNIST tutorial takes as long as all others together. */
const audits = Object.keys(BATTERY).filter((name) => !name.includes('MNIST'));
let accused = 0;
for (let run = 0; run < RUNS; run++) {
  const failures = await runBattery(audits, []);
  accused += Number(failures.length > 0);
  process.stderr.write(`run ${run}: ${failures.length} failures\n`);
  for (const {audit, name, detail} of failures) print(`run ${run}: ${audit}: ${name}: ${detail}`);
}
print(`The sources as they are were accused in ${accused} of ${RUNS} runs of all ${audits.length} audits.`);
process.exitCode = missed + accused > 0 ? 1 : 0;
