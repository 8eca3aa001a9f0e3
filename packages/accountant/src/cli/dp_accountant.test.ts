import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {run} from './dp_accountant.js';
import {called, calledJson} from './testing/called.js';

const RUN = ['--N=60000', '--batch_size=256', '--epochs=60'];
const MNIST = [...RUN, '--noise_multiplier=1.1', '--delta=1e-5'];

const text = (argv: readonly string[]) => called(run, argv);
const json = (argv: readonly string[]) => calledJson(run, argv);
const without = (argv: readonly string[], flag: string): string[] =>
  argv.filter((argument) => !argument.startsWith(`--${flag}=`));

test('epsilon of the MNIST run, as text and as JSON, and for a replaced record', async () => {
  expect((await text(['epsilon', ...MNIST])).out).toMatch(
    /^epsilon <= 2\.38\d* at delta = 1e-5 after 14063 steps, and not below 2\.38\d*\nThis holds if/,
  );
  expect(await json(['epsilon', ...MNIST])).toMatchObject({
    sampling: 'poisson',
    relation: 'addOrRemoveOne',
    samplingProbability: 256 / 60000,
    steps: 14063,
    epsilon: {lower: expect.closeTo(2.381, 2), upper: expect.closeTo(2.382, 2)},
  });
  expect(await json(['epsilon', ...MNIST, '--neighboring=replace_one'])).toMatchObject({
    epsilon: {upper: expect.closeTo(4.222, 2)},
  });
});

test('the same without sampling: once per epoch, and participation unknown', async () => {
  const once = await text(['epsilon', ...MNIST, '--sampling=once_per_epoch']);
  expect(once.out).toMatch(/^epsilon <= 54\.046 at delta = 1e-5 after 60 epochs/);
  expect(once.out).toContain('each example is in at most one batch of each epoch');
  const replaced = ['--epochs=60', '--noise_multiplier=1.1', '--delta=1e-5', '--sampling=once_per_epoch'];
  expect(await json(['epsilon', ...replaced, '--neighboring=replace_one'])).toMatchObject({
    relation: 'replaceOne',
    epsilon: {upper: expect.closeTo(158.365, 2)},
  });
  const unknown = [
    'epsilon',
    '--steps=14062',
    '--noise_multiplier=1.1',
    '--delta=1e-5',
    '--sampling=unknown',
  ];
  expect(await json(unknown)).toMatchObject({
    relation: 'replaceSpecial',
    epsilon: {upper: expect.closeTo(6269.53114, 4)},
  });
});

test('a narrower tolerance gives narrower bounds', async () => {
  const {epsilon} = (await json(['epsilon', ...MNIST, '--tolerance=1e-5'])) as {
    epsilon: {lower: number; upper: number};
  };
  expect(epsilon.upper - epsilon.lower).toBeLessThan(1e-5 * epsilon.upper);
});

test('flags may be written in kebab case, and with spaces', async () => {
  const kebab = '--n 60000 --batch-size 256 --epochs 60 --noise-multiplier 1.1 --delta 1e-5'.split(' ');
  expect(await text(['epsilon', ...kebab])).toEqual(await text(['epsilon', ...MNIST]));
});

test('delta is the inverse', async () => {
  const argv = ['delta', ...RUN, '--noise_multiplier=1.1', '--epsilon=2.3816'];
  expect(await json(argv)).toMatchObject({
    delta: {lower: expect.closeTo(1e-5, 7), upper: expect.closeTo(1e-5, 7)},
  });
  expect((await text(argv)).out).toContain('at epsilon = 2.3816 after 14063 steps');
});

test('noise and steps meet their target, by either accountant', async () => {
  const noise = ['noise', '--sampling_probability=0.01', '--steps=593', '--epsilon=1', '--delta=1e-5'];
  expect(await json(noise)).toMatchObject({noiseMultiplier: expect.closeTo(1.2, 2), target: 1});
  expect(await json([...noise, '--accountant=rdp'])).toMatchObject({
    noiseMultiplier: expect.closeTo(1.2983, 2),
    accountant: 'rdp',
  });
  const steps = ['--sampling_probability=0.01', '--noise_multiplier=1.2', '--epsilon=1', '--delta=1e-5'];
  expect((await text(['steps', ...steps])).out).toMatch(/^593 steps \(5\.93 epochs\) give epsilon <= /);
});

test('statement prints every way of making batches', async () => {
  const {out} = await text(['statement', ...MNIST, '--max_examples_per_user=5']);
  expect(out).toMatch(/^ {2}Poisson-sampled +2\.38\d* +2\.5967 +3\.0084 +4\.22/m);
  expect(out).toMatch(/^ {2}shuffled \(not as Poisson\) +54\.046/m);
  expect(out).toMatch(/^ {2}Poisson-sampled +16\.1\d* +22\.88\d* .*no bound known/m);
  expect(await json(['statement', ...MNIST, '--microbatch_size=4'])).toMatchObject({
    example: {sensitivity: 2, poisson: null},
    user: null,
  });
  const bySteps = await json(['statement', ...without(MNIST, 'epochs'), '--steps=14062']);
  expect(bySteps).toMatchObject({run: {steps: 14062}, example: {oncePerEpoch: {relation: 'replaceSpecial'}}});
});

test('compare tells bounds from approximations', async () => {
  const {out} = await text(['compare', ...MNIST]);
  expect(out).toMatch(/^PLD, upper +2\.38\d* {2}the number to report/m);
  expect(out).toMatch(/^RDP, improved conversion +2\.59\d*/m);
  expect(out).toMatch(/^RDP, classic conversion +3\.00\d*/m);
  expect(out).toMatch(/^GDP, central limit +2\.32\d* {2}an approximation, no bound/m);
  expect(out).toMatch(/^once per epoch +54\.0\d* {2}what holds instead if batches are shuffled/m);
  expect((await json(['compare', ...MNIST])).rows as unknown[]).toHaveLength(6);
});

test('no noise is infinite, also in JSON', async () => {
  const noNoise = [...without(MNIST, 'noise_multiplier'), '--noise_multiplier=0'];
  expect(await json(['epsilon', ...noNoise])).toMatchObject({epsilon: {upper: 'Infinity'}});
  expect((await text(['epsilon', ...noNoise])).out).toContain('epsilon <= infinite');
});

test('--help shows examples, of each command too', async () => {
  const {code, out} = await text(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('Examples:\n  dp-accountant epsilon --N=60000');
  const {out: help} = await text(['epsilon', '--help']);
  expect(help).toContain('--batch_size');
  expect(help).toContain('Examples:\n  dp-accountant epsilon --N=60000');
});

test('every example of every help runs (of two commands, unless DP_LONG_TESTS is set)', async () => {
  const names = [...(await text(['--help'])).out.matchAll(/^ {2}dp-accountant (\w+) /gm)].map(
    ([, name]) => name!,
  );
  expect(names).toEqual(['epsilon', 'delta', 'noise', 'steps', 'statement', 'curve', 'compare']);
  // All of them take some ten seconds.
  for (const name of process.env['DP_LONG_TESTS'] === undefined ? ['epsilon', 'delta'] : names) {
    const {out} = await text([name, '--help']);
    const examples = [...out.matchAll(/^ {2}dp-accountant (.*)$/gm)].map(([, flags]) => flags!.split(' '));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const shorter = name === 'curve' ? [...example, '--points=2'] : example;
      expect({example, code: (await text(shorter)).code}).toEqual({example, code: 0});
    }
  }
});

describe('bad input gives one line on the error stream and exit code 2', () => {
  test.each([
    [['epsilon'], 'missing --noise_multiplier'],
    [['epsilon', ...RUN, '--noise_multiplier=1'], 'missing --delta'],
    [
      ['epsilon', '--noise_multiplier=1', '--epochs=1'],
      'missing --N and --batch_size, or --sampling_probability',
    ],
    [['epsilon', ...without(MNIST, 'epochs')], 'missing --epochs or --steps'],
    [['epsilon', ...without(MNIST, 'epochs'), '--steps=0'], '--steps must be an integer >= 1, got 0'],
    [['epsilon', ...MNIST, '--steps=3'], '--steps must be left out where --epochs is given'],
    [['epsilon', ...MNIST, '--sampling_probability=0.1'], '--sampling_probability must be left out where'],
    [['epsilon', ...MNIST, '--noise_multiplier=-1'], '--noise_multiplier must be >= 0, got -1'],
    [['epsilon', ...MNIST, '--noise_multiplier=much'], "argument 'much' is invalid"],
    [['epsilon', ...MNIST, '--tolerance=1'], '--tolerance must be < 1, got 1'],
    [['epsilon', ...MNIST, '--sampling=shuffled'], "--sampling must be 'poisson' or 'once_per_epoch' or"],
    [
      ['epsilon', ...MNIST, '--sampling=once_per_epoch', '--neighboring=add_or_remove_one'],
      "--neighboring must be 'replace_special' or 'replace_one' unless batches are Poisson-sampled",
    ],
    [
      ['epsilon', '--sampling_probability=0', '--steps=1', '--noise_multiplier=1', '--delta=0.1'],
      'must be > 0',
    ],
    [
      ['noise', ...RUN, '--epsilon=3', '--delta=1e-5', '--accountant=gdp'],
      "--accountant must be 'pld' or 'rdp'",
    ],
    [
      ['statement', ...MNIST, '--max_examples_per_user=0'],
      'maxExamplesPerUser must be an integer >= 1, got 0',
    ],
    [['compare', ...MNIST, '--neighboring=replace_one'], "unknown option '--neighboring=replace_one'"],
    [['curve', ...MNIST, '--over=steps'], "--over must be 'epochs' or 'noise_multiplier', got 'steps'"],
    [['curve', ...RUN, '--delta=1e-5', '--over=noise_multiplier'], 'missing --from and --to'],
    [['curve', ...MNIST, '--from=70'], '--to must be above --from = 70, got 60'],
    [['curve', ...MNIST, '--points=1'], '--points must be an integer >= 2, got 1'],
    [
      ['curve', ...without(MNIST, 'noise_multiplier'), '--noise_multiplier=0', '--points=2'],
      'nothing to plot',
    ],
    [['curve', ...MNIST, '--points=2', '--svg=/nowhere/x.svg'], '--svg must name a file that can be written'],
    [['budget'], "unknown command 'budget'"],
    [['epsilon', '--alpha', '3'], "unknown option '--alpha'"],
  ])('%j', async (argv, message) => {
    const {code, out, error} = await text(argv);
    expect({code, out}).toEqual({code: 2, out: ''});
    expect(error).toContain(message);
    expect(error).toMatch(/^dp-accountant: .*\n$/);
  });
});

const built = existsSync(new URL('../../dist/cli/dp_accountant.js', import.meta.url));

(built ? test : test.skip)(
  'as a process it prints the same (skipped unless the package is built)',
  async () => {
    const bin = fileURLToPath(new URL('../../bin/dp-accountant.js', import.meta.url));
    const argv = ['compare', ...MNIST];
    expect(execFileSync(process.execPath, [bin, ...argv], {encoding: 'utf8'})).toBe((await text(argv)).out);
  },
);
