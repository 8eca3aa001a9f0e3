import {Option, type Command} from 'commander';

import {decay, positiveInteger, threadCount} from '../run/flag_values.js';
import {tutorialCommand, type TutorialFlags} from '../run/flags.js';
import type {Streams} from '../terminal/streams.js';

/** Runs a tutorial on MNIST. */
type Train = (flags: TutorialFlags, streams: Streams) => Promise<{interrupted: boolean}>;

/** Tells how the tutorial ended. */
type OnEnd = (result: {interrupted: boolean}) => void;

const MNIST = {
  defaults: {learningRate: 0.15, noiseMultiplier: 1.1, l2NormClip: 1, batchSize: 256, epochs: 60},
  data: 'folder with the MNIST files, gzip or plain (or set DP_DATA_DIR)',
  examples: [
    ['', '60 epochs: about 96 % at epsilon 3.01 (classic)'],
    ['--epochs=2', 'a first look, in under a minute'],
    ['--target_epsilon=2', 'noise for that much privacy'],
    ['--dpsgd=false --learning_rate=0.1 --epochs=20', ''],
    ['--noise_multiplier=1.3 --l2_norm_clip=1.5 --learning_rate=0.25 --epochs=15', ''],
  ],
} as const;

/** One command a tutorial. What a tutorial needs is loaded when it runs. */
export function tutorialCommands(streams: Streams, onEnd: OnEnd): Command[] {
  const mnistCommand = (
    text: Pick<Parameters<typeof tutorialCommand>[0], 'name' | 'description'>,
    load: () => Promise<Train>,
  ): Command =>
    tutorialCommand({...MNIST, ...text}, async (flags) => onEnd(await (await load())(flags, streams)));
  const keras = tutorialCommand(
    {...MNIST, name: 'mnist-keras', description: 'MNIST by compile and fit of a private model'},
    async (flags, {workers}) => {
      const {trainMnistKeras} = await import('./mnist_keras.js');
      onEnd(await trainMnistKeras({...flags, workers: workers as number | 'auto'}, streams));
    },
  ).addOption(workersOption());
  return [
    mnistCommand(
      {
        name: 'mnist',
        description: 'MNIST by a training loop written out by hand: clip, sum, add noise, apply',
      },
      async () => (await import('./mnist.js')).trainMnist,
    ),
    mnistCommand(
      {
        name: 'mnist-eager',
        description: 'MNIST by a gradient tape and a private optimizer',
      },
      async () => (await import('./mnist_eager.js')).trainMnistEager,
    ),
    keras,
    lmCommand(streams, onEnd),
  ];
}

function workersOption(): Option {
  return new Option('--workers <integer|auto>', 'threads that share each batch; results are the same')
    .argParser(threadCount)
    .default(1);
}

function lmCommand(streams: Streams, onEnd: OnEnd): Command {
  return tutorialCommand(
    {
      name: 'lm',
      description:
        'a language model of characters (LSTM) by private Adam, on Tiny Shakespeare or a text of yours',
      defaults: {learningRate: 0.04, noiseMultiplier: 1.2, l2NormClip: 0.1, batchSize: 1024, epochs: 30},
      data: 'a UTF-8 text file, a folder of .txt files, or one with Tiny Shakespeare (or set DP_DATA_DIR)',
      examples: [
        ['', '30 epochs: about 41 % at epsilon 7.9 (tight); counts of letter pairs reach 27 %'],
        ['--dpsgd=false --learning_rate=0.005 --batch_size=32 --units=256 --epochs=5', ''],
        ['--data_dir=letters.txt', 'the guarantee is about one sequence of 80 characters'],
      ],
    },
    async (flags, {units, alphabet, average_decay, workers}) => {
      const {trainLm} = await import('./lm.js');
      const own = {
        units: units as number,
        averageDecay: average_decay as number,
        alphabet: alphabet as string | undefined,
        workers: workers as number | 'auto',
      };
      onEnd(await trainLm({...flags, ...own}, streams));
    },
  )
    .option('--units <integer>', 'size of the LSTM', positiveInteger, 64)
    .addOption(workersOption())
    .option(
      '--average_decay <number>',
      'of the average of the private weights that is evaluated; 0: the weights as they are',
      decay,
      0.95,
    )
    .option(
      '--alphabet <characters>',
      "characters that are told apart: a public constant (default: those of Shakespeare's plays, or printable ASCII for another text)",
    );
}
