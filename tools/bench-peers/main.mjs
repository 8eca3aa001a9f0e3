// The MNIST tutorial's network, private and plain, beside Opacus's hooks: each a process, in turn, medians over the rounds.
//   python3 -m venv DIR && DIR/bin/pip install -r tools/bench-peers/opacus_cnn.txt
//   node tools/bench-peers/main.mjs --python DIR/bin/python [--rounds 5] [--steps 8] [--batch 256]
// Opacus has two threads, this library one. `cpuMs` is processor time of all threads, `stepMs` what a clock on the wall shows.
import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: flags} = parseArgs({
  options: {
    python: {type: 'string', default: 'python3'},
    rounds: {type: 'string', default: '5'},
    steps: {type: 'string', default: '8'},
    batch: {type: 'string', default: '256'},
  },
});
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const common = ['--batch', flags.batch, '--steps', flags.steps];

/** JSON lines of one process, by mode. */
const PEERS = {
  ours: () => {
    const argv = [path('../bench/mnist_cnn.mjs'), '--json', '--rounds', '1', ...common];
    const lines = execFileSync(process.execPath, argv, {encoding: 'utf8'}).trim().split('\n');
    return Object.fromEntries(lines.map((line) => JSON.parse(line)).map((line) => [line.mode, line]));
  },
  opacus: () =>
    Object.fromEntries(
      ['private', 'plain'].map((mode) => {
        const argv = [path('opacus_cnn.py'), '--mode', mode, ...common];
        return [mode, JSON.parse(execFileSync(flags.python, argv, {encoding: 'utf8', stdio: 'pipe'}))];
      }),
    ),
};

const rounds = [];
for (let i = 0; i < Number(flags.rounds); i++) {
  rounds.push(Object.fromEntries(Object.entries(PEERS).map(([peer, run]) => [peer, run()])));
}
for (const peer of Object.keys(PEERS)) {
  for (const mode of ['private', 'plain']) {
    const of = (key) => rounds.map((round) => round[peer][mode][key]).sort((a, b) => a - b);
    const [cpu, wall] = [of('cpuMs'), of('stepMs')];
    const middle = cpu.length >> 1;
    const perSecond = (ms) => Math.round((1000 * Number(flags.batch)) / ms);
    console.log(
      `${peer} ${mode}: ${perSecond(cpu[middle])} examples a CPU second (rounds: ${perSecond(cpu.at(-1))} to ${perSecond(cpu[0])}), ` +
        `${perSecond(wall[middle])} a second`,
    );
  }
}
