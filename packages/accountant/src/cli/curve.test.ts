import {expect, test} from '@jest/globals';
import {run} from './dp_accountant.js';
import {called, calledJson} from './testing/called.js';

const RUN = ['--N=60000', '--batch_size=256', '--epochs=60', '--delta=1e-5'];
const OVER_EPOCHS = ['curve', ...RUN, '--noise_multiplier=1.1', '--points=5'];
const OVER_NOISE = ['curve', ...RUN, '--over=noise_multiplier', '--from=0.5', '--to=3', '--points=4'];

interface Point {
  readonly epochs?: number;
  readonly noise_multiplier?: number;
  readonly steps: number;
  readonly tight: number;
  readonly lower: number;
  readonly improved: number;
  readonly classic: number;
}

async function pointsOf(argv: readonly string[]): Promise<readonly Point[]> {
  return (await calledJson(run, argv)).points as readonly Point[];
}

test('over epochs: the last point is the run, and every bound rises', async () => {
  const points = await pointsOf(OVER_EPOCHS);
  expect(points.map(({epochs, steps}) => [epochs, steps])).toEqual([
    [1, 235],
    [15.75, 3692],
    [30.5, 7149],
    [45.25, 10606],
    [60, 14063],
  ]);
  expect(points.at(-1)).toMatchObject({
    tight: expect.closeTo(2.382, 2),
    improved: expect.closeTo(2.59666, 5),
    classic: expect.closeTo(3.00838, 5),
  });
  for (const key of ['tight', 'improved', 'classic'] as const) {
    const values = points.map((point) => point[key]);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  }
  for (const {lower, tight, improved} of points) {
    expect(lower).toBeLessThanOrEqual(tight);
    expect(lower).toBeLessThanOrEqual(improved);
  }
});

test('over noise: from half to twice the noise, or between two values', async () => {
  const noise = (points: readonly Point[]) => points.map((point) => point.noise_multiplier);
  expect(noise(await pointsOf(OVER_NOISE))).toEqual([0.5, 1.33333333333, 2.16666666667, 3]);
  const around = ['curve', ...RUN, '--over=noise_multiplier', '--noise_multiplier=1', '--points=2'];
  expect(noise(await pointsOf(around))).toEqual([0.5, 2]);
});

test('the terminal shows each bound by its own sign, at its height', async () => {
  const {out} = await called(run, OVER_EPOCHS);
  const rows = out.split('\n');
  expect(rows[0]).toBe('epsilon at delta = 1e-5');
  const columnOf60 = rows.find((row) => row.includes('└'))!.lastIndexOf('┬');
  const signs = rows.flatMap((row) =>
    row.includes('│') || row.includes('┤') ? [row[columnOf60] ?? ' '] : [],
  );
  expect(signs.join('').trim().replace(/ +/g, '')).toBe('.o*');
  expect(out).toContain(
    '  *  PLD, tight upper bound\n  o  RDP, improved conversion\n  .  RDP, classic conversion',
  );
  expect(out).toContain('not if batches are shuffled');
});

test('where epsilons spread far, the axis is one of logarithms', async () => {
  const {out} = await called(run, OVER_NOISE);
  expect(out).toMatch(/^ *10┤/m);
  expect(out).toMatch(/^ *1┤/m);
  expect(out).toMatch(/^ *20┤/m);
});

test('--svg writes a picture of three curves, and says for which batches it holds', async () => {
  const {code, out, files} = await called(run, [...OVER_EPOCHS, '--svg=curve.svg']);
  expect(code).toBe(0);
  expect(out).toContain('Written to curve.svg.');
  const svg = files['curve.svg']!;
  expect(svg).toMatch(/^<svg [^]*<\/svg>$/);
  expect(svg).toContain('epsilon at delta = 1e-5');
  expect(svg).toContain('not valid for shuffled ones');
  expect([...svg.matchAll(/aria-roledescription="line mark"/g)]).toHaveLength(3);
});
