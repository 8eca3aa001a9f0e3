import {describe, expect, test} from '@jest/globals';
import {run} from './dp_accountant.js';

const RUN = ['--examples', '60000', '--batch-size', '256', '--epochs', '60'];
const MNIST = [...RUN, '--noise', '1.1', '--delta', '1e-5'];

function called(argv: readonly string[]): {code: number; out: string; error: string} {
  let out = '';
  let error = '';
  const code = run(argv, {out: (text) => (out += text), error: (text) => (error += text)});
  return {code, out, error};
}

function json(argv: readonly string[]): Record<string, unknown> {
  const {code, out, error} = called([...argv, '--json']);
  expect({code, error}).toEqual({code: 0, error: ''});
  return JSON.parse(out) as Record<string, unknown>;
}

test('epsilon of the MNIST run, as text and as JSON, and for a replaced record', () => {
  expect(called(['epsilon', ...MNIST]).out).toMatch(
    /^epsilon <= 2\.38\d* at delta = 0\.00001 after 14063 steps, and not below 2\.38\d*\nThis holds if/,
  );
  expect(json(['epsilon', ...MNIST])).toMatchObject({
    relation: 'addOrRemoveOne',
    steps: 14063,
    epsilon: {lower: expect.closeTo(2.381, 2), upper: expect.closeTo(2.382, 2)},
  });
  expect(json(['epsilon', ...MNIST, '--replace-one'])).toMatchObject({
    epsilon: {upper: expect.closeTo(4.222, 2)},
  });
});

test('delta is the inverse', () => {
  const argv = ['delta', ...RUN, '--noise', '1.1', '--epsilon', '2.3816'];
  expect(json(argv)).toMatchObject({delta: {lower: expect.closeTo(1e-5, 7), upper: expect.closeTo(1e-5, 7)}});
  expect(called(argv).out).toContain('at epsilon = 2.3816 after 14063 steps');
});

test('noise and steps meet their target', () => {
  expect(json(['noise', ...RUN, '--epsilon', '3', '--delta', '1e-5'])).toMatchObject({
    noiseMultiplier: expect.closeTo(0.9684, 3),
    target: 3,
  });
  const steps = [
    'steps',
    '--sampling-probability',
    '0.01',
    '--noise',
    '1.2',
    '--epsilon',
    '1',
    '--delta',
    '1e-5',
  ];
  expect(called(steps).out).toMatch(/^\d+ steps \([\d.]+ epochs\) give epsilon <= /);
});

test('compare tells bounds from approximations', () => {
  const {out} = called(['compare', ...MNIST]);
  expect(out).toMatch(/^PLD, upper +2\.38\d* {2}the number to report/m);
  expect(out).toMatch(/^RDP, improved conversion +2\.59\d*/m);
  expect(out).toMatch(/^RDP, classic conversion +3\.00\d*/m);
  expect(out).toMatch(/^GDP, central limit +2\.32\d* {2}an approximation, no bound/m);
  expect(out).toMatch(/^once per epoch +54\.0\d* {2}what holds instead if batches are shuffled/m);
  expect((json(['compare', ...MNIST]).rows as unknown[]).length).toBe(6);
});

test('no noise is infinite, also in JSON', () => {
  const noNoise = MNIST.map((argument) => (argument === '1.1' ? '0' : argument));
  expect(json(['epsilon', ...noNoise])).toMatchObject({epsilon: {upper: 'Infinity'}});
});

test('--help shows examples', () => {
  const {code, out} = called(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('Examples:');
  expect(called(['epsilon', '--help']).out).toContain('--batch-size');
});

describe('bad input gives one line on the error stream and exit code 2', () => {
  test.each([
    [['epsilon'], 'missing --noise'],
    [['epsilon', ...RUN, '--noise', '1'], 'missing --delta'],
    [['epsilon', '--noise', '1'], 'missing --sampling-probability, or --examples and --batch-size'],
    [['epsilon', ...MNIST, '--steps', '0'], '--steps must be an integer >= 1, got 0'],
    [['epsilon', ...MNIST, '--noise', '-1'], '--noise must be >= 0, got -1'],
    [['epsilon', ...MNIST, '--noise', 'much'], "argument 'much' is invalid"],
    [['compare', ...MNIST, '--replace-one'], '--replace-one must be left out here'],
    [['budget'], "unknown command 'budget'"],
    [['epsilon', '--alpha', '3'], "unknown option '--alpha'"],
  ])('%j', (argv, message) => {
    const {code, out, error} = called(argv);
    expect({code, out}).toEqual({code: 2, out: ''});
    expect(error).toContain(message);
    expect(error).toMatch(/^dp-accountant: .*\n$/);
  });
});
