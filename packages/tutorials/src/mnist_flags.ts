import {Command, Option} from 'commander';

import {BACKENDS, type BackendName} from './backend.js';
import {
  integer,
  nonNegativeNumber,
  parseBoolean,
  positiveInteger,
  positiveNumber,
  probability,
} from './flag_values.js';
import {UsageError} from './usage_error.js';

/** What `dp-tutorial mnist` is asked to do. */
export interface MnistFlags {
  readonly dpsgd: boolean;
  readonly learningRate: number;
  readonly noiseMultiplier: number;
  readonly l2NormClip: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly microbatches: number;
  readonly delta: number;
  readonly modelDir: string | undefined;
  readonly dataDir: string | undefined;
  readonly backend: BackendName;
  readonly sampling: 'poisson' | 'shuffle';
  readonly seed: number | undefined;
}

/** The command `mnist` with the flags and defaults of the original tutorial; calls `run` with what was parsed. */
export function mnistCommand(run: (flags: MnistFlags) => Promise<void>): Command {
  return new Command('mnist')
    .description(
      'train a convolutional network on MNIST with differential privacy, and print the epsilon spent',
    )
    .option(
      '--dpsgd [boolean]',
      'train with DP-SGD; --dpsgd=false trains without privacy',
      parseBoolean,
      true,
    )
    .option('--learning_rate <number>', 'step size', positiveNumber, 0.15)
    .option('--noise_multiplier <number>', 'noise standard deviation / clipping norm', nonNegativeNumber, 1.1)
    .option('--l2_norm_clip <number>', "bound of each example's gradient norm", positiveNumber, 1.0)
    .option('--batch_size <integer>', '(expected) number of examples in a batch', positiveInteger, 256)
    .option('--epochs <integer>', 'number of epochs', positiveInteger, 60)
    .option(
      '--microbatches <integer>',
      'groups that are clipped together (default: batch_size)',
      positiveInteger,
    )
    .addOption(new Option('--num_microbatches <integer>', 'the same').argParser(positiveInteger).hideHelp())
    .option('--delta <number>', 'delta of the (epsilon, delta) guarantee', probability, 1e-5)
    .option('--model_dir <folder>', 'new folder for the model, the ledger and the spent privacy')
    .option('--data_dir <folder>', 'folder with the MNIST files, gzip or plain (or set DP_DATA_DIR)')
    .addOption(
      new Option('--backend <name>', 'where TensorFlow.js computes').choices(BACKENDS).default('wasm'),
    )
    .addOption(
      new Option('--sampling <kind>', 'how batches are drawn')
        .choices(['poisson', 'shuffle'])
        .default('poisson'),
    )
    .option(
      '--seed <integer>',
      'reproducible run for tests: its noise is predictable and protects nobody',
      integer,
    )
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  dp-tutorial mnist                                  60 epochs: about 96 % at epsilon 3.01 (classic)\n' +
        '  dp-tutorial mnist --epochs=2                       a first look, in under a minute\n' +
        '  dp-tutorial mnist --dpsgd=false --learning_rate=0.1 --epochs=20\n' +
        '  dp-tutorial mnist --noise_multiplier=1.3 --l2_norm_clip=1.5 --learning_rate=0.25 --epochs=15\n',
    )
    .action((options: RawFlags) => run(completed(options)));
}

interface RawFlags {
  readonly dpsgd: boolean;
  readonly learning_rate: number;
  readonly noise_multiplier: number;
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
  readonly seed?: number;
}

function completed(raw: RawFlags): MnistFlags {
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
  return {
    dpsgd: raw.dpsgd,
    learningRate: raw.learning_rate,
    noiseMultiplier: raw.noise_multiplier,
    l2NormClip: raw.l2_norm_clip,
    batchSize,
    epochs: raw.epochs,
    microbatches,
    delta: raw.delta,
    modelDir: raw.model_dir,
    dataDir: raw.data_dir,
    backend: raw.backend,
    sampling: raw.sampling,
    seed: raw.seed,
  };
}
