import {Command} from 'commander';
import type {Answer} from './answer.js';
import {exitCode, jsonLine, withIo} from './command_line.js';
import {canonicalFlags} from './flags.js';
import type {Io} from './io.js';
import {FLAG_NAMES, type FlagName, type RunFlags, withRunFlags} from './run_flags.js';

/** One command; its work is loaded when it is asked for, so that each starts fast. */
interface CommandSpec {
  readonly what: string;
  readonly flags: readonly FlagName[];
  readonly examples: readonly string[];
  readonly load: () => Promise<(flags: RunFlags, io: Io) => Answer | Promise<Answer>>;
}

const NAME = 'dp-accountant';
const RUN = '--N=60000 --batch_size=256 --epochs=60';
const MNIST = `${RUN} --noise_multiplier=1.1 --delta=1e-5`;
const SAMPLED = ['N', 'batch_size', 'sampling_probability'] as const;
const LENGTH = ['epochs', 'steps'] as const;
const MANNER = ['sampling', 'neighboring', 'tolerance'] as const;

const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  epsilon: {
    what: 'bounds on epsilon at a delta',
    flags: [...SAMPLED, 'noise_multiplier', ...LENGTH, 'delta', ...MANNER],
    examples: [MNIST, `--sampling=once_per_epoch --epochs=60 --noise_multiplier=1.1 --delta=1e-5`],
    load: async () => (await import('./epsilon.js')).epsilon,
  },
  delta: {
    what: 'bounds on delta at an epsilon',
    flags: [...SAMPLED, 'noise_multiplier', ...LENGTH, 'epsilon', ...MANNER],
    examples: [`${RUN} --noise_multiplier=1.1 --epsilon=2.4`],
    load: async () => (await import('./delta.js')).delta,
  },
  noise: {
    what: 'the least noise for an epsilon and a delta, with Poisson-sampled batches',
    flags: [...SAMPLED, ...LENGTH, 'epsilon', 'delta', 'accountant'],
    examples: [`${RUN} --epsilon=3 --delta=1e-5`],
    load: async () => (await import('./noise.js')).noise,
  },
  steps: {
    what: 'the most steps for an epsilon and a delta, with Poisson-sampled batches',
    flags: [...SAMPLED, 'noise_multiplier', 'epsilon', 'delta', 'accountant'],
    examples: ['--sampling_probability=0.01 --noise_multiplier=1.2 --epsilon=1 --delta=1e-5'],
    load: async () => (await import('./steps.js')).steps,
  },
  statement: {
    what: 'one run under all ways of making batches, for examples and users, in words',
    flags: [
      'N',
      'batch_size',
      'noise_multiplier',
      ...LENGTH,
      'delta',
      'microbatch_size',
      'max_examples_per_user',
      'tolerance',
    ],
    examples: [MNIST, `${MNIST} --max_examples_per_user=5`],
    load: async () => (await import('./statement.js')).statement,
  },
  curve: {
    what: 'epsilon against epochs or noise, as a plot, with Poisson-sampled batches',
    flags: [
      ...SAMPLED,
      'noise_multiplier',
      ...LENGTH,
      'delta',
      'over',
      'from',
      'to',
      'points',
      'tolerance',
      'svg',
    ],
    examples: [MNIST, `${RUN} --delta=1e-5 --over=noise_multiplier --from=0.7 --to=3 --svg=noise.svg`],
    load: async () => (await import('./curve.js')).curve,
  },
  compare: {
    what: 'all accountants in one table, with Poisson-sampled batches',
    flags: [...SAMPLED, 'noise_multiplier', ...LENGTH, 'delta', 'tolerance'],
    examples: [MNIST],
    load: async () => (await import('./compare.js')).compare,
  },
};

/**
 * The command line `dp-accountant`: the privacy of runs of DP-SGD.
 *
 * @param argv - the arguments after the program's name.
 * @returns the exit code: 0, or 2 for bad input, which is one line on `io.error`.
 */
export function run(argv: readonly string[], io: Io): Promise<number> {
  return exitCode(NAME, io, async () => {
    await commandLine(io).parseAsync(canonicalFlags(argv, FLAG_NAMES), {from: 'user'});
  });
}

function commandLine(io: Io): Command {
  const examples = Object.entries(COMMANDS).map(([name, spec]) => exampleOf(name, spec.examples[0]));
  const program = new Command(NAME)
    .description(
      'Certified bounds on the privacy of DP-SGD. A number holds only for batches made in the way that it assumes: the ' +
        'command statement prints all ways side by side. Flags may also be written as --kebab-case.',
    )
    .addHelpText('after', ['\nExamples:', ...examples].join('\n'));
  for (const [name, spec] of Object.entries(COMMANDS)) {
    const command = withRunFlags(program.command(name).description(spec.what), spec.flags)
      .addHelpText('after', ['\nExamples:', ...spec.examples.map((e) => exampleOf(name, e))].join('\n'))
      .action(async (flags: RunFlags) => {
        const {json, text} = await (await spec.load())(flags, io);
        io.out(flags.json === true ? jsonLine(json) : `${text.join('\n')}\n`);
      });
    withIo(command, NAME, io);
  }
  return withIo(program, NAME, io);
}

function exampleOf(name: string, example: string | undefined): string {
  return `  ${NAME} ${name} ${example ?? ''}`;
}
