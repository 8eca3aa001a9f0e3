import {afterAll, describe, expect, jest, test} from '@jest/globals';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import type {TutorialFlags} from '../run/flags.js';
import {FLAGS, OFFLINE} from '../testing/flags.js';
import {capturedStreams} from '../testing/streams.js';
import {trainMnist} from './mnist.js';
import {trainMnistEager} from './mnist_eager.js';
import {trainMnistKeras} from './mnist_keras.js';

// Loading the chart library takes its time.
jest.setTimeout(60_000);

const TUTORIALS = {mnist: trainMnist, 'mnist-eager': trainMnistEager, 'mnist-keras': trainMnistKeras};
type Name = keyof typeof TUTORIALS;

async function train(name: Name, flags: Partial<TutorialFlags>, numTrain = 320): Promise<string> {
  const {DP_DATA_DIR} = process.env;
  delete process.env['DP_DATA_DIR'];
  const streams = capturedStreams();
  try {
    await TUTORIALS[name]({...FLAGS, ...flags}, streams, {
      ...OFFLINE,
      digits: {numTrain, numTest: 100},
    });
  } finally {
    if (DP_DATA_DIR !== undefined) process.env['DP_DATA_DIR'] = DP_DATA_DIR;
  }
  return streams.out();
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, {recursive: true})));
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dp-run-'));
  folders.push(folder);
  return folder;
}
const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

describe.each(Object.keys(TUTORIALS) as Name[])('the tutorial %s', (name) => {
  test("prints the original's lines after each epoch, the tighter value beside them, and who is protected", async () => {
    const out = await train(name, {});
    expect(out).toMatch(/^MNIST could not be downloaded.*drawn by code and are not MNIST/s);
    expect(out).toMatch(/^Guarantee: .* when one picture of the 320 is added or removed\./m);
    expect(out).toMatch(/^Test accuracy after 1 epochs is: 0\.\d{3}$/m);
    expect(out).toMatch(/^Test accuracy after 2 epochs is: 0\.\d{3}$/m);
    expect(out.match(/^For delta=1e-5, the current epsilon is: \d\.\d\d$/gm)).toHaveLength(2);
    expect(
      out.match(/^ {2}tighter, for the same run: \d\.\d\d \(by privacy loss distributions; /gm),
    ).toHaveLength(2);
    expect(out).not.toContain('not valid for this run');
  });

  test('trains without privacy when told to', async () => {
    const out = await train(name, {dpsgd: false, epochs: 1});
    expect(out).toMatch(/^Trained with vanilla non-private SGD optimizer\nGuarantee: none\.$/m);
    expect(out).not.toContain('epsilon');
  });

  test('a seeded run repeats, and says that it protects nobody', async () => {
    const [first, second] = [
      await train(name, {seed: 5, epochs: 1}),
      await train(name, {seed: 5, epochs: 1}),
    ];
    expect(second).toBe(first);
    expect(first).toContain('protects nobody');
    expect(first).toContain('Guarantee: none.');
  });

  test('an empty batch is a step of noise', async () => {
    const folder = newFolder();
    await train(name, {batchSize: 1, microbatches: 1, epochs: 1, modelDir: folder}, 40);
    const rows = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n').slice(1);
    // About a third of the batches are empty.
    expect(rows).toHaveLength(40);
  });

  test('goes on where it stopped, in the same ledger', async () => {
    const folder = newFolder();
    await train(name, {epochs: 1, modelDir: folder});
    const out = await train(name, {epochs: 2, modelDir: folder});
    expect(out).toContain('Going on after 10 steps, 1 whole epochs.');
    expect(out).not.toContain('Test accuracy after 1 epochs');
    expect(out).toContain('Test accuracy after 2 epochs');
    expect(readdirSync(folder).sort()).toEqual(['checkpoint-20', 'ledger.jsonl', 'run.json']);
    expect(json(folder, 'checkpoint-20/privacy.json')).toMatchObject({releases: 20, secure: true});
    expect(json(folder, 'checkpoint-20/model.json')).toHaveProperty('modelTopology');
    expect(readFileSync(join(folder, 'checkpoint-20/model.bin'))).toHaveLength(4 * 26_010);
    const {state} = json(folder, 'run.json') as {state: {steps: number; epochs: object[]}};
    expect(state).toMatchObject({steps: 20, epochs: [{epoch: 1}, {epoch: 2}]});
    await expect(train(name, {modelDir: folder, learningRate: 0.2})).rejects.toThrow(
      /holds a run with learning_rate 0\.15, got 0\.2\. Give the same/,
    );
  });
});

describe('a run of any tutorial', () => {
  test('labels the Poisson figure as not valid for shuffled batches, also with microbatches', async () => {
    const out = await train('mnist', {sampling: 'shuffle', epochs: 1});
    expect(out).toMatch(/\d\.\d\d would hold if batches were Poisson-sampled; it is not valid for this run/);
    expect(out).toContain('when one picture of the 320 is blanked out');
    expect(await train('mnist', {sampling: 'shuffle', epochs: 1, microbatches: 8})).toContain(
      'in 8 microbatches',
    );
  });

  test.each([
    ['poisson', 32],
    ['shuffle', 32],
    ['shuffle', 8],
  ] as const)(
    'reaches a target epsilon, and not much less: %s, %d groups',
    async (sampling, microbatches) => {
      const out = await train('mnist-eager', {
        sampling,
        microbatches,
        targetEpsilon: 3,
        noiseMultiplier: undefined,
      });
      expect(out).toMatch(/^Noise multiplier [\d.]+ keeps 2 epochs at epsilon 3 or less\.$/m);
      const epsilons = [...out.matchAll(/tighter, for the same run: ([\d.]+)/g)].map(([, value]) =>
        Number(value),
      );
      expect(epsilons[1]).toBeCloseTo(3, 1);
      expect(epsilons[1]).toBeLessThanOrEqual(3);
    },
  );

  test('draws its picture and its page, without anything that comes from the training pictures', async () => {
    const folder = newFolder();
    const [plot, report] = [join(folder, 'run.svg'), join(folder, 'run.html')];
    await train('mnist', {plot, report});
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg .*test accuracy.*epsilon spent/s);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain('added or removed');
    expect(page).toContain('<td>data</td><td>generated digits (drawn by code, not MNIST)</td>');
    expect(page).toMatch(
      /<p>Test accuracy \d+\.\d\d % after \d+ epochs, at epsilon \d+\.\d\d and delta 1e-5\./,
    );
    expect(page).toMatch(
      /<tr><td>1<\/td><td>\d+\.\d\d %<\/td><td>\d+\.\d{3}<\/td><td>\d+\.\d{3}<\/td><\/tr>/,
    );
    expect(page).not.toMatch(/loss(?! distributions)|norm quantile/);
  });

  test('refuses a folder with a ledger and no checkpoint: its releases would be forgotten', async () => {
    const folder = newFolder();
    await train('mnist', {modelDir: folder, epochs: 1});
    rmSync(join(folder, 'run.json'));
    await expect(train('mnist', {modelDir: folder})).rejects.toThrow('already holds the ledger of a run');
    expect(existsSync(join(folder, 'checkpoint-10'))).toBe(true);
  });
});
