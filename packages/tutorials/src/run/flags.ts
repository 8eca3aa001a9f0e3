import {Command, Option} from 'commander';

import {BACKENDS, type BackendName} from '../backend.js';
import {
  integer,
  nonNegativeNumber,
  parseBoolean,
  positiveInteger,
  positiveNumber,
  probability,
} from './flag_values.js';
import {UsageError} from '../usage_error.js';

/** What a tutorial is asked to do. */
export interface TutorialFlags {
  readonly dpsgd: boolean;
  readonly learningRate: number;
  /** Of the noise; with a target epsilon, undefined: it is calibrated. */
  readonly noiseMultiplier: number | undefined;
  readonly targetEpsilon: number | undefined;
  readonly l2NormClip: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly microbatches: number;
  readonly delta: number;
  readonly sampling: 'poisson' | 'shuffle';
  readonly modelDir: string | undefined;
  readonly dataDir: string | undefined;
  readonly backend: BackendName;
  readonly seed: number | undefined;
  readonly plot: string | undefined;
  readonly report: string | undefined;
}

/** What differs from tutorial to tutorial. */
export interface CommandText {
  readonly name: string;
  readonly description: string;
  readonly defaults: {
    readonly learningRate: number;
    readonly noiseMultiplier: number;
    readonly l2NormClip: number;
    readonly batchSize: number;
    readonly epochs: number;
  };
  /** For `--data_dir`. */
  readonly data: string;
  /** Command lines after the name, with what they do. */
  readonly examples: readonly (readonly [flags: string, meaning: string])[];
}

/** A tutorial's command, with the flags of the original ones; calls `run` with what was parsed, and with the values of flags that are added. */
export function tutorialCommand(
  {name, description, defaults, data, examples}: CommandText,
  run: (flags: TutorialFlags, own: Readonly<Record<string, unknown>>) => Promise<void>,
): Command {
  return new Command(name)
    .description(description)
    .option(
      '--dpsgd [boolean]',
      'train with differential privacy; --dpsgd=false trains without',
      parseBoolean,
      true,
    )
    .option('--learning_rate <number>', 'step size', positiveNumber, defaults.learningRate)
    .option(
      '--noise_multiplier <number>',
      `noise standard deviation / clipping norm (default: ${defaults.noiseMultiplier})`,
      nonNegativeNumber,
    )
    .option(
      '--target_epsilon <number>',
      'instead of a noise multiplier: the least that keeps all epochs at this epsilon',
      positiveNumber,
    )
    .option(
      '--l2_norm_clip <number>',
      "bound of each example's gradient norm",
      positiveNumber,
      defaults.l2NormClip,
    )
    .option(
      '--batch_size <integer>',
      '(expected) number of examples in a batch',
      positiveInteger,
      defaults.batchSize,
    )
    .option('--epochs <integer>', 'number of epochs', positiveInteger, defaults.epochs)
    .option(
      '--microbatches <integer>',
      'groups that are clipped together (default: batch_size)',
      positiveInteger,
    )
    .addOption(new Option('--num_microbatches <integer>', 'the same').argParser(positiveInteger).hideHelp())
    .option('--delta <number>', 'delta of the (epsilon, delta) guarantee', probability, 1e-5)
    .option(
      '--model_dir <folder>',
      'where model, ledger and spent privacy are kept; the same command goes on there',
    )
    .option('--data_dir <folder>', data)
    .addOption(
      new Option('--backend <name>', 'where TensorFlow.js computes').choices(BACKENDS).default('wasm'),
    )
    .addOption(
      new Option('--sampling <kind>', 'how batches are drawn')
        .choices(['poisson', 'shuffle'])
        .default('poisson'),
    )
    .option('--plot <file>', 'draw accuracy and epsilon by epoch, as .svg or .png')
    .option(
      '--report <file.html>',
      'a page about the run: settings, guarantee, accuracy and epsilon by epoch',
    )
    .option(
      '--seed <integer>',
      'reproducible run for tests: its noise is predictable and protects nobody',
      integer,
    )
    .addHelpText('after', `\nExamples:\n${exampleLines(name, examples)}`)
    .action((raw: RawFlags) => run(completed(raw, defaults.noiseMultiplier), {...raw}));
}

function exampleLines(name: string, examples: CommandText['examples']): string {
  const commands = examples.map(([flags]) => `  dp-tutorial ${name} ${flags}`.trimEnd());
  const width = Math.max(...commands.map((command) => command.length));
  return commands
    .map((command, i) => `${command.padEnd(width)}  ${examples[i]?.[1] ?? ''}`.trimEnd() + '\n')
    .join('');
}

interface RawFlags {
  readonly dpsgd: boolean;
  readonly learning_rate: number;
  readonly noise_multiplier?: number;
  readonly target_epsilon?: number;
  readonly l2_norm_clip: number;
  readonly batch_size: number;
  readonly epochs: number;
  readonly microbatches?: number;
  readonly num_microbatches?: number;
  readonly delta: number;
  readonly model_dir?: string;
  readonly data_dir?: string;
  readonly backend: BackendName;
  readonly sampling: 'poisson' | 'shuffle';
  readonly plot?: string;
  readonly report?: string;
  readonly seed?: number;
}

function completed(raw: RawFlags, defaultNoise: number): TutorialFlags {
  if (raw.target_epsilon !== undefined && raw.noise_multiplier !== undefined) {
    throw new UsageError(
      `--target_epsilon=${raw.target_epsilon} finds the noise multiplier: leave out --noise_multiplier=${raw.noise_multiplier}`,
    );
  }
  for (const [flag, file, endings] of [
    ['plot', raw.plot, ['.svg', '.png']],
    ['report', raw.report, ['.html']],
  ] as const) {
    if (file !== undefined && !endings.some((ending) => file.endsWith(ending)))
      throw new UsageError(`--${flag} must name a file that ends in ${endings.join(' or ')}, got ${file}`);
  }
  return {
    dpsgd: raw.dpsgd,
    learningRate: raw.learning_rate,
    noiseMultiplier: raw.target_epsilon === undefined ? (raw.noise_multiplier ?? defaultNoise) : undefined,
    targetEpsilon: raw.target_epsilon,
    l2NormClip: raw.l2_norm_clip,
    batchSize: raw.batch_size,
    epochs: raw.epochs,
    microbatches: checkedMicrobatches(raw),
    delta: raw.delta,
    modelDir: raw.model_dir,
    dataDir: raw.data_dir,
    backend: raw.backend,
    sampling: raw.sampling,
    seed: raw.seed,
    plot: raw.plot,
    report: raw.report,
  };
}

function checkedMicrobatches(raw: RawFlags): number {
  const batchSize = raw.batch_size;
  const microbatches = raw.microbatches ?? raw.num_microbatches ?? batchSize;
  if (
    raw.microbatches !== undefined &&
    raw.num_microbatches !== undefined &&
    raw.microbatches !== raw.num_microbatches
  ) {
    throw new UsageError(
      `--microbatches=${raw.microbatches} and --num_microbatches=${raw.num_microbatches} are one flag: give one of them`,
    );
  }
  if (batchSize % microbatches !== 0) {
    throw new UsageError(
      `--batch_size must be a multiple of --microbatches (${microbatches}), got ${batchSize}`,
    );
  }
  if (raw.dpsgd && microbatches !== batchSize && raw.sampling === 'poisson') {
    throw new UsageError(
      `--microbatches=${microbatches} clips groups of ${batchSize / microbatches} examples, which needs batches of fixed size: ` +
        `add --sampling=shuffle (accounted once per epoch, without amplification), or leave --microbatches at ${batchSize}`,
    );
  }
  return microbatches;
}
