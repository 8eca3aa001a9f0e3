import {describe, expect, test} from '@jest/globals';

import {main} from './cli.js';
import {capturedStreams} from './testing/streams.js';

async function run(...args: string[]): Promise<{code: number; out: string; err: string}> {
  const streams = capturedStreams();
  const code = await main(args, streams);
  return {code, out: streams.out(), err: streams.err()};
}

describe('dp-tutorial', () => {
  test.each(['mnist', 'mnist-eager', 'mnist-keras', 'lm'])('%s explains itself', async (name) => {
    const {code, out} = await run(name, '--help');
    expect(code).toBe(0);
    for (const flag of [
      '--dpsgd',
      '--learning_rate',
      '--noise_multiplier',
      '--target_epsilon',
      '--l2_norm_clip',
      '--batch_size',
      '--epochs',
      '--microbatches',
      '--delta',
      '--model_dir',
      '--data_dir',
      '--backend',
      '--sampling',
      '--plot',
      '--report',
      '--seed',
    ]) {
      expect(out).toContain(flag);
    }
  });

  test.each([
    [['--workers=0'], 'It must be >= 1.'],
    [['--workers=2', '--dpsgd=false'], '--workers=2 is for private training'],
  ])('mnist-keras %j gives one clear line and exit code 2', async (flags, message) => {
    const {code, err} = await run('mnist-keras', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test.each([
    [['--microbatches=64'], '--sampling=shuffle'],
    [['--num_microbatches=64'], '--sampling=shuffle'],
    [['--num-microbatches=64'], '--sampling=shuffle'],
    [['--microbatches=100'], '--batch_size must be a multiple of --microbatches (100), got 256'],
    [['--microbatches=256', '--num_microbatches=128'], 'are one flag'],
    [['--epochs=none'], "'none' is invalid. It must be a number."],
    [['--epochs=1.5'], 'It must be an integer.'],
    [['--noise_multiplier=-1'], 'It must be >= 0.'],
    [['--target_epsilon=3', '--noise_multiplier=1'], 'leave out --noise_multiplier=1'],
    [['--plot=a.jpg'], '--plot must name a file that ends in .svg or .png, got a.jpg'],
    [['--delta=1'], 'It must be between 0 and 1.'],
    [['--dpsgd=perhaps'], 'It must be true or false.'],
    [['--sampling=fixed'], 'Allowed choices are poisson, shuffle.'],
    [['--bogus'], "unknown option '--bogus'"],
    [['--data_dir=no/such/folder', '--epochs=1'], 'no/such/folder'],
  ])('%j gives one clear line and exit code 2', async (flags, message) => {
    const {code, out, err} = await run('mnist', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(out).toBe('');
  });

  test('says what to install for the native backend', async () => {
    const {code, err} = await run('mnist', '--backend=tensorflow', '--epochs=1');
    // Where the optional package is installed there is nothing to say.
    if (code === 2) expect(err).toContain('npm install @tensorflow/tfjs-node');
  }, 600_000);

  test('does not know other tutorials', async () => {
    expect(await run('cifar')).toMatchObject({code: 2});
  });
});
