// The same models by this library and by the Python libraries of the field, private and plain: who takes part takes turns,
// each in a process of its own, on two threads.
//   node tools/bench-peers/main.mjs [flags]
//   --environments DIR   folder of the Python environments `opacus`, `jax` and `tf`; those that are missing are installed into
//                        it from PyPI. Default: a temporary folder, removed at the end. Needs python3.10, 3.11 and 3.12, 8 GB
//   --rounds 5           medians are over rounds
//   --seconds 2          a round of each lasts about so long, and is one step at least
//   --warmup 8           seconds of steps of each before the first round, which are not measured
//   --only WORDS         those alone whose name (MODEL/LIBRARY/MODE) has one of the words in it, separated by commas
//   --dry                shows the results, and writes them nowhere
// Results go to docs/performance/peers.json, and from there into docs/performance.md (table.mjs).
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {availableParallelism, cpus, tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';

import {contestants} from './contestants.mjs';
import {install} from './environments.mjs';
import {takeTurns} from './rounds.mjs';
import {RESULTS, tables, writeTables} from './table.mjs';

const {values: flags} = parseArgs({
  options: {
    environments: {type: 'string'},
    rounds: {type: 'string', default: '5'},
    seconds: {type: 'string', default: '2'},
    warmup: {type: 'string', default: '8'},
    only: {type: 'string', default: ''},
    dry: {type: 'boolean', default: false},
  },
});
const [rounds, seconds, warmup] = [flags.rounds, flags.seconds, flags.warmup].map(Number);
if (!(Number.isInteger(rounds) && rounds >= 1)) throw new Error(`--rounds must be >= 1, got ${flags.rounds}`);
if (!(seconds > 0)) throw new Error(`--seconds must be > 0, got ${flags.seconds}`);
if (!(warmup >= 0)) throw new Error(`--warmup must be >= 0, got ${flags.warmup}`);

const folder = flags.environments ?? mkdtempSync(join(tmpdir(), 'bench-peers-'));
try {
  const words = flags.only.split(',');
  const chosen = contestants(folder).filter(({name}) => words.some((word) => name.includes(word)));
  if (chosen.length === 0) throw new Error(`--only=${flags.only} names nobody`);
  for (const environment of new Set(chosen.flatMap(({environment}) => environment ?? [])))
    install(folder, environment);
  const found = [];
  // One model at a time: fewer processes lie in memory.
  for (const model of new Set(chosen.map((contestant) => contestant.model)))
    found.push(
      ...(await takeTurns(
        chosen.filter((contestant) => contestant.model === model),
        {rounds, seconds, warmup},
      )),
    );
  const machine = {processor: cpus()[0].model, cores: availableParallelism(), node: process.version};
  const results = {date: new Date().toISOString().slice(0, 10), machine, rounds, seconds, warmup, found};
  console.log(tables(results));
  if (!flags.dry) {
    writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
    await writeTables(results);
  }
} finally {
  if (flags.environments === undefined) rmSync(folder, {recursive: true});
}
