import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {run} from './compute_dp_sgd_privacy.js';
import {type Called, called as calledRun} from './testing/called.js';

const MNIST = ['--N=60000', '--batch_size=256', '--noise_multiplier=1.1', '--epochs=60', '--delta=1e-5'];

const called = (argv: readonly string[]): Promise<Called> => calledRun(run, argv);

test('the tutorial run: sampling rate, steps, order, and four values that say when they hold', async () => {
  const {code, out, error} = await called(MNIST);
  expect({code, error}).toEqual({code: 0, error: ''});
  expect(out).toContain('sampling rate = 0.427% and noise_multiplier = 1.1 iterated over 14063 steps');
  expect(out).toContain('eps = 3.01 and delta = 1e-5 if batches are Poisson-sampled.');
  expect(out).toContain('The optimal RDP order is 8.8.');
  expect(out).toMatch(/^eps = 3\.01 {2}Poisson sampling, add-or-remove-one: RDP, classic/m);
  expect(out).toMatch(/^eps = 2\.60 {2}Poisson sampling, add-or-remove-one: RDP, improved/m);
  expect(out).toMatch(/^eps = 2\.38 {2}Poisson sampling, add-or-remove-one: privacy loss distributions/m);
  expect(out).toMatch(/^eps = 54\.0 {2}each example once per epoch/m);
  expect(out).toContain('If batches are shuffled instead, only the last value holds.');
});

test('flags may be kebab-case, with or without =', async () => {
  const kebab = [
    '--n',
    '60000',
    '--batch-size',
    '256',
    '--noise-multiplier=1.1',
    '--epochs',
    '60',
    '--delta',
    '1e-5',
  ];
  expect(await called(kebab)).toEqual(await called(MNIST));
});

test('--json prints one object', async () => {
  const {code, out} = await called([...MNIST, '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    numExamples: 60000,
    batchSize: 256,
    noiseMultiplier: 1.1,
    epochs: 60,
    delta: 1e-5,
    samplingProbability: 256 / 60000,
    steps: 14063,
    poisson: {
      relation: 'addOrRemoveOne',
      tight: {lower: expect.closeTo(2.3806, 3), upper: expect.closeTo(2.3821, 3)},
      replaceOne: {lower: expect.closeTo(4.2207, 2), upper: expect.closeTo(4.2229, 2)},
      classic: {epsilon: expect.closeTo(3.00838, 5), optimalOrder: 8.8},
      improved: {epsilon: expect.closeTo(2.59666, 5), optimalOrder: 8.1},
    },
    oncePerEpoch: {
      relation: 'replaceSpecial',
      tight: {lower: expect.closeTo(54.04582, 5), upper: expect.closeTo(54.04582, 5)},
      replaceOne: {lower: expect.closeTo(158.15, 0), upper: expect.closeTo(158.15, 0)},
      improved: {epsilon: expect.closeTo(56.95045, 5), optimalOrder: 1.7},
      classic: {epsilon: expect.closeTo(58.6, 0), optimalOrder: expect.any(Number)},
    },
  });
});

test('no noise is said to be not private, also in JSON', async () => {
  const noNoise = MNIST.map((flag) => flag.replace('1.1', '0'));
  expect((await called(noNoise)).out).toContain('is NOT private: without noise, eps is infinite');
  const {poisson, oncePerEpoch} = JSON.parse((await called([...noNoise, '--json'])).out) as {
    poisson: {improved: {epsilon: unknown}};
    oncePerEpoch: {tight: {upper: unknown}};
  };
  expect([poisson.improved.epsilon, oncePerEpoch.tight.upper]).toEqual(['Infinity', 'Infinity']);
});

test('an optimal order at the end of those tried is pointed out', async () => {
  const tiny = ['--N=1000000', '--batch_size=1', '--noise_multiplier=50', '--epochs=0.001', '--delta=1e-10'];
  expect((await called(tiny)).out).toContain('at an end of those tried (1024)');
});

test('--help explains every flag and shows an example', async () => {
  const {code, out, error} = await called(['--help']);
  expect({code, error}).toEqual({code: 0, error: ''});
  for (const text of [
    '--N',
    '--batch_size',
    '--noise_multiplier',
    '--epochs',
    '--delta',
    '--json',
    'Example:',
  ]) {
    expect(out).toContain(text);
  }
});

describe('bad input gives one line on the error stream and exit code 2', () => {
  const instead = (flag: string, value: string): string[] =>
    MNIST.map((given) => (given.startsWith(`--${flag}=`) ? `--${flag}=${value}` : given));

  test.each([
    [instead('N', '100'), '--batch_size must be at most --N = 100, got 256'],
    [instead('N', '60000.5'), '--N must be an integer >= 1, got 60000.5'],
    [instead('batch_size', '0'), '--batch_size must be an integer >= 1, got 0'],
    [instead('noise_multiplier', '-1'), '--noise_multiplier must be >= 0, got -1'],
    [instead('epochs', '0'), '--epochs must be > 0, got 0'],
    [instead('epochs', '1e300'), 'steps must be at most 2^53 - 1, got'],
    [instead('delta', '0'), '--delta must be > 0 and < 1, got 0'],
    [instead('delta', '1'), '--delta must be > 0 and < 1, got 1'],
    [instead('N', 'many'), "option '--N <count>' argument 'many' is invalid. It is not a number"],
    [instead('delta', ''), "argument '' is invalid. It is not a number"],
    [[...MNIST, '--epoch=3'], "unknown option '--epoch=3'"],
    [[...MNIST, 'train'], 'too many arguments'],
    [['--N'], "option '--N <count>' argument missing"],
    [['--N=60000', '--epochs=60'], 'missing --batch_size, --noise_multiplier, --delta; for example: '],
    [[], 'missing --N, --batch_size'],
  ])('%j', async (argv, message) => {
    const {code, out, error} = await called(argv);
    expect({code, out}).toEqual({code: 2, out: ''});
    expect(error).toContain(message);
    expect(error).toMatch(/^compute-dp-sgd-privacy: .*\n$/);
  });
});

const built = existsSync(new URL('../../dist/cli/compute_dp_sgd_privacy.js', import.meta.url));

(built ? describe : describe.skip)(
  'as a process (skipped unless the package is built: npm run build)',
  () => {
    const bin = fileURLToPath(new URL('../../bin/compute-dp-sgd-privacy.js', import.meta.url));

    test('prints the same as the function', async () => {
      expect(execFileSync(process.execPath, [bin, ...MNIST], {encoding: 'utf8'})).toBe(
        (await called(MNIST)).out,
      );
    });

    test('ends with exit code 2 on bad input', async () => {
      const {status, stderr, stdout} = spawnSync(process.execPath, [bin, '--N=1'], {encoding: 'utf8'});
      expect({status, stdout}).toEqual({status: 2, stdout: ''});
      expect(stderr).toBe((await called(['--N=1'])).error);
    });
  },
);
