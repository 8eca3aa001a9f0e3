// Plants every mutant in turn, then runs the sources as they are twenty times, and prints a table in Markdown:
// node --conditions=@dp/source --import=./packages/audit/test/mutants/register.mjs packages/audit/test/mutants/report.ts
import {BATTERY} from './battery.js';
import {runBattery} from './run_battery.js';
import {IMPOSSIBLE, MUTANTS} from './table.js';

const RUNS = Number(process.argv[2] ?? 20);
const print = (line: string): unknown => process.stdout.write(`${line}\n`);

print('| mistake | caught by | as |\n| --- | --- | --- |');
let missed = 0;
for (const {what, edits, caughtBy} of MUTANTS) {
  const [caught] = await runBattery([caughtBy], edits);
  if (caught === undefined || caught.name === 'could not be made') missed++;
  print(`| ${what} | ${caught === undefined ? '**not caught**' : caught.name} | ${caught?.detail ?? ''} |`);
}
for (const {what, why} of IMPOSSIBLE) print(`| ${what} | not planted | ${why} |`);
print(`\n${MUTANTS.length - missed} of ${MUTANTS.length} mistakes caught.`);

let accused = 0;
for (let run = 0; run < RUNS; run++) {
  const failures = await runBattery(Object.keys(BATTERY), []);
  accused += Number(failures.length > 0);
  for (const {audit, name, detail} of failures) print(`run ${run}: ${audit}: ${name}: ${detail}`);
}
print(
  `The sources as they are were accused in ${accused} of ${RUNS} runs of all ${Object.keys(BATTERY).length} audits.`,
);
process.exitCode = missed + accused > 0 ? 1 : 0;
