import {Command, CommanderError} from 'commander';
import {GdpAccountant} from '../gdp/accountant.js';
import {gaussianEpsilon} from '../gaussian/epsilon.js';
import {calibrateNoiseMultiplier, calibrateSteps} from '../plan/calibrate.js';
import {PldAccountant} from '../pld/accountant.js';
import {RdpAccountant} from '../rdp/accountant.js';
import type {Io} from './io.js';
import {
  deltaOf,
  epsilonOf,
  relationOf,
  type RunFlags,
  samplingProbabilityOf,
  stepOf,
  stepsOf,
  withRunFlags,
} from './run_flags.js';

const NAME = 'dp-accountant';
const BAD_INPUT = 2;
const RUN = '--examples 60000 --batch-size 256 --epochs 60';
const EXAMPLES = `
Examples:
  ${NAME} epsilon ${RUN} --noise 1.1 --delta 1e-5
  ${NAME} delta ${RUN} --noise 1.1 --epsilon 2.4
  ${NAME} noise ${RUN} --epsilon 3 --delta 1e-5
  ${NAME} steps --sampling-probability 0.01 --noise 1.2 --epsilon 1 --delta 1e-5
  ${NAME} compare ${RUN} --noise 1.1 --delta 1e-5`;

/** What a command answers: an object for `--json`, and lines for people. */
interface Answer {
  readonly json: object;
  readonly text: readonly string[];
}

/**
 * The command line `dp-accountant`: privacy of runs of Gaussians on Poisson-sampled batches.
 *
 * @param argv - the arguments after the program's name.
 * @returns the exit code: 0, or 2 for bad input, which is one line on `io.error`.
 */
export function run(argv: readonly string[], io: Io): number {
  try {
    commandLine(io).parse([...argv], {from: 'user'});
    return 0;
  } catch (error) {
    // Commander has written its message already, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
    if (!(error instanceof RangeError)) throw error;
    io.error(`${NAME}: ${error.message}\n`);
    return BAD_INPUT;
  }
}

function commandLine(io: Io): Command {
  const program = new Command(NAME)
    .description(
      'Certified bounds on the privacy of DP-SGD with Poisson-sampled batches. They do not hold for shuffled batches: ' +
        'for those, compute-dp-sgd-privacy prints the value of one release an epoch.',
    )
    .addHelpText('after', EXAMPLES);
  const add = (
    name: string,
    what: string,
    names: Parameters<typeof withRunFlags>[1],
    act: (f: RunFlags) => Answer,
  ): void => {
    withRunFlags(program.command(name).description(what), names).action((flags: RunFlags) => {
      const {json, text} = act(flags);
      io.out(flags.json === true ? `${JSON.stringify(json, finite)}\n` : `${text.join('\n')}\n`);
    });
  };
  add('epsilon', 'bounds on epsilon at a delta', [...SAMPLING, 'noise', ...LENGTH, 'delta'], epsilonCommand);
  add('delta', 'bounds on delta at an epsilon', [...SAMPLING, 'noise', ...LENGTH, 'epsilon'], deltaCommand);
  add(
    'noise',
    'the least noise for an epsilon and a delta',
    [...SAMPLING, ...LENGTH, 'epsilon', 'delta'],
    noiseCommand,
  );
  add(
    'steps',
    'the most steps for an epsilon and a delta',
    [...SAMPLING, 'noise', 'epsilon', 'delta'],
    stepsCommand,
  );
  add('compare', 'all accountants in one table', [...SAMPLING, 'noise', ...LENGTH, 'delta'], compareCommand);
  for (const command of [program, ...program.commands]) {
    command
      .allowExcessArguments(false)
      .exitOverride()
      .configureOutput({
        writeOut: io.out,
        writeErr: io.error,
        outputError: (text, write) => write(`${NAME}: ${oneLine(text)}; see --help\n`),
      });
  }
  return program;
}

const SAMPLING = ['examples', 'batch-size', 'sampling-probability'] as const;
const LENGTH = ['epochs', 'steps'] as const;

function epsilonCommand(flags: RunFlags): Answer {
  const [step, steps, delta, relation] = [stepOf(flags), stepsOf(flags), deltaOf(flags), relationOf(flags)];
  const {lower, upper, why} = new PldAccountant({neighboring: relation}).compose(step, steps).epsilon(delta);
  const json = {
    relation,
    samplingProbability: samplingProbabilityOf(flags),
    steps,
    delta,
    epsilon: {lower, upper},
    why,
  };
  return {
    json,
    text: [
      `epsilon <= ${figures(upper)} at delta = ${delta} after ${steps} steps, and not below ${figures(lower)}${because(why)}`,
      ASSUMPTION,
    ],
  };
}

function deltaCommand(flags: RunFlags): Answer {
  const [step, steps, epsilon, relation] = [
    stepOf(flags),
    stepsOf(flags),
    epsilonOf(flags),
    relationOf(flags),
  ];
  const {lower, upper, why} = new PldAccountant({neighboring: relation}).compose(step, steps).delta(epsilon);
  const json = {
    relation,
    samplingProbability: samplingProbabilityOf(flags),
    steps,
    epsilon,
    delta: {lower, upper},
    why,
  };
  return {
    json,
    text: [
      `delta <= ${figures(upper)} at epsilon = ${epsilon} after ${steps} steps, and not below ${figures(lower)}${because(why)}`,
      ASSUMPTION,
    ],
  };
}

function noiseCommand(flags: RunFlags): Answer {
  refuseReplaced(flags);
  const [samplingProbability, steps] = [samplingProbabilityOf(flags), stepsOf(flags)];
  const [epsilon, delta] = [epsilonOf(flags), deltaOf(flags)];
  const found = calibrateNoiseMultiplier({epsilon, delta, samplingProbability, steps});
  const json = {samplingProbability, steps, delta, target: epsilon, ...found};
  return {
    json,
    text: [
      `noise multiplier ${found.noiseMultiplier.toFixed(5)} gives epsilon <= ${figures(found.epsilon.upper)} at delta = ${delta} after ${steps} steps`,
      ASSUMPTION,
    ],
  };
}

function stepsCommand(flags: RunFlags): Answer {
  refuseReplaced(flags);
  stepOf(flags);
  const [samplingProbability, noiseMultiplier = 0] = [samplingProbabilityOf(flags), flags.noise];
  const [epsilon, delta] = [epsilonOf(flags), deltaOf(flags)];
  const found = calibrateSteps({epsilon, delta, samplingProbability, noiseMultiplier});
  const json = {samplingProbability, noiseMultiplier, delta, target: epsilon, ...found};
  const epochs = figures(found.steps * samplingProbability);
  return {
    json,
    text: [
      `${found.steps} steps (${epochs} epochs) give epsilon <= ${figures(found.epsilon.upper)} at delta = ${delta}`,
      ASSUMPTION,
    ],
  };
}

function compareCommand(flags: RunFlags): Answer {
  refuseReplaced(flags);
  const [step, steps, delta] = [stepOf(flags), stepsOf(flags), deltaOf(flags)];
  const pld = new PldAccountant().compose(step, steps).epsilon(delta);
  const rdp = (conversion: 'improved' | 'classic'): number =>
    new RdpAccountant({conversion}).compose(step, steps).epsilon(delta);
  const turns = Math.ceil(flags.epochs ?? steps * samplingProbabilityOf(flags));
  const rows = [
    {accountant: 'PLD, upper', epsilon: pld.upper, meaning: 'the number to report: a certified upper bound'},
    {accountant: 'PLD, lower', epsilon: pld.lower, meaning: 'the truth is not below this'},
    {accountant: 'RDP, improved conversion', epsilon: rdp('improved'), meaning: 'an upper bound, not tight'},
    {
      accountant: 'RDP, classic conversion',
      epsilon: rdp('classic'),
      meaning: "an upper bound, looser: older publications' number",
    },
    {
      accountant: 'GDP, central limit',
      epsilon: new GdpAccountant().compose(step, steps).epsilon(delta),
      meaning: 'an approximation, no bound',
    },
    {
      accountant: 'once per epoch',
      epsilon: gaussianEpsilon({noiseMultiplier: (flags.noise ?? 0) / Math.sqrt(turns), delta}),
      meaning: 'what holds instead if batches are shuffled: zero-out, exact',
    },
  ];
  const text = rows.map(
    ({accountant, epsilon, meaning}) =>
      `${accountant.padEnd(26)}${figures(epsilon).padStart(10)}  ${meaning}`,
  );
  const json = {samplingProbability: samplingProbabilityOf(flags), steps, delta, rows};
  return {json, text: [`${''.padEnd(26)}${'epsilon'.padStart(10)}`, ...text]};
}

const ASSUMPTION =
  'This holds if each example joins each batch independently (Poisson sampling), not if batches are shuffled.';

function refuseReplaced({replaceOne}: RunFlags): void {
  if (replaceOne === true)
    throw new RangeError('--replace-one must be left out here: only epsilon and delta know it');
}

function because(why: string | undefined): string {
  return why === undefined ? '' : ` (${why})`;
}

function figures(value: number): string {
  return value === 0 || (value >= 1e-3 && value < 1e6)
    ? String(Number(value.toPrecision(5)))
    : value.toExponential(4);
}

/** JSON has no infinity; Number('Infinity') and Python's float('Infinity') read the text back. */
function finite(_key: string, value: unknown): unknown {
  return value === Infinity ? 'Infinity' : value;
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^error: /, '')
    .replace(/\.$/, '');
}
