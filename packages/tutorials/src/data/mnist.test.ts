import {existsSync} from 'node:fs';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {afterAll, afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {DataFileError} from './data_file_error.js';
import {DownloadError} from './download.js';
import {loadMnist, MNIST_FILES} from './mnist.js';
import type {LoadMnistOptions, MnistFile, MnistFiles} from './mnist.js';
import {idxFile} from './testing/idx_file.js';
import {sha256, startMirror, temporaryFolder} from './testing/mirror.js';
import type {Mirror} from './testing/mirror.js';

const pixels = (count: number) => Uint8Array.from({length: count * 784}, (_, i) => (i * 7) % 256);
const digits = (count: number) => Uint8Array.from({length: count}, (_, i) => i % 10);
const small = {
  trainImages: idxFile([6, 28, 28], pixels(6)),
  trainLabels: idxFile([6], digits(6)),
  testImages: idxFile([3, 28, 28], pixels(3)),
  testLabels: idxFile([3], digits(3)),
};

function describeFiles(contents: typeof small): MnistFiles {
  const file = (part: keyof typeof small): MnistFile => ({
    name: MNIST_FILES[part].name,
    bytes: contents[part].length,
    sha256: sha256(contents[part]),
  });
  return {
    trainImages: file('trainImages'),
    trainLabels: file('trainLabels'),
    testImages: file('testImages'),
    testLabels: file('testLabels'),
  };
}

const files = describeFiles(small);
const parts = Object.keys(small) as (keyof typeof small)[];
const environment = process.env.DP_DATA_DIR;

let folder: string;
let mirrors: Mirror[];

beforeEach(async () => {
  delete process.env.DP_DATA_DIR;
  folder = await temporaryFolder();
  mirrors = [];
});

afterEach(async () => {
  await Promise.all(mirrors.map((mirror) => mirror.close()));
  await rm(folder, {recursive: true});
});

afterAll(() => {
  if (environment !== undefined) process.env.DP_DATA_DIR = environment;
});

type Naming = (name: string) => string;

/** Writes the four files into the folder; a name that ends with .gz is zipped. */
async function put(into: string, naming: Naming = (name) => `${name}.gz`, contents = small): Promise<void> {
  await mkdir(into, {recursive: true});
  for (const part of parts) {
    const name = naming(MNIST_FILES[part].name);
    await writeFile(join(into, name), name.endsWith('.gz') ? gzipSync(contents[part]) : contents[part]);
  }
}

/** A mirror whose folder mnist/ holds the files, changed on the way if asked. */
async function mirrorOf(
  change: (file: Buffer, name: string) => Uint8Array | number = (file) => file,
): Promise<Mirror> {
  const mirror = await startMirror((request, response) => {
    const part = parts.find((part) => request.url === `/mnist/${MNIST_FILES[part].name}.gz`);
    const answer = part === undefined ? 404 : change(gzipSync(small[part]), part);
    if (typeof answer === 'number') response.writeHead(answer).end();
    else response.end(answer);
  });
  mirrors.push(mirror);
  return mirror;
}

async function deadMirror(): Promise<Mirror> {
  const mirror = await startMirror(() => undefined);
  await mirror.close();
  return mirror;
}

function load(options: LoadMnistOptions & {from?: readonly Mirror[]} = {}) {
  const {from = [], ...others} = options;
  return loadMnist({
    files,
    cacheDir: join(folder, 'cache'),
    mirrors: from.map(({url}) => `${url}mnist`),
    digits: {numTrain: 20, numTest: 10},
    ...others,
  });
}

const expected = {
  train: {images: pixels(6), labels: digits(6), numExamples: 6},
  test: {images: pixels(3), labels: digits(3), numExamples: 3},
};

describe('a folder that is named', () => {
  test.each<[string, string, Naming]>([
    ['DIR, -idx, gzip', '', (name) => `${name}.gz`],
    ['DIR, -idx, plain', '', (name) => name],
    ['DIR, .idx, gzip', '', (name) => `${name.replace('-idx', '.idx')}.gz`],
    ['DIR/mnist, .idx, plain', 'mnist', (name) => name.replace('-idx', '.idx')],
    ['DIR/mnist, -idx, gzip', 'mnist', (name) => `${name}.gz`],
  ])('%s', async (_, sub, naming) => {
    await put(join(folder, sub), naming);
    const data = await load({dataDir: folder});
    expect(data).toEqual({
      ...expected,
      source: 'local',
      name: 'MNIST',
      path: folder,
      notice: undefined,
    });
  });

  test('is DP_DATA_DIR where --data_dir is not given; an empty DP_DATA_DIR is none', async () => {
    await put(folder);
    process.env.DP_DATA_DIR = folder;
    expect((await load()).source).toBe('local');
    await expect(load({dataDir: join(folder, 'other')})).rejects.toThrow(/other.*no such folder/);
    process.env.DP_DATA_DIR = '';
    expect((await load({offline: true})).source).toBe('generated');
  });

  test.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    [
      'missing',
      (path) => rm(path),
      /is missing; also looked for without \.gz, as train-labels\.idx1-ubyte, and in/,
    ],
    ['truncated', async (path) => writeFile(path, (await readFile(path)).subarray(0, -9)), /is truncated/],
    [
      'altered',
      (path) => writeFile(path, gzipSync(small.trainLabels.map((v) => v ^ 1))),
      /was altered .*SHA-256/,
    ],
    ['a folder', (path) => rm(path).then(() => mkdir(path)), /could not be read \(EISDIR/],
  ])('where a file is %s is an error that names it, never a silent download', async (_, spoil, message) => {
    await put(folder);
    const path = join(folder, 'train-labels-idx1-ubyte.gz');
    await spoil(path);
    const good = await mirrorOf();
    process.env.DP_DATA_DIR = folder;
    for (const [options, by] of [
      [{dataDir: folder}, '--data_dir'],
      [{}, 'DP_DATA_DIR'],
    ] as const) {
      const failed = load({...options, from: [good]});
      await expect(failed).rejects.toThrow(DataFileError);
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.toMatchObject({
        path,
        message: expect.stringMatching(
          new RegExp(`: copy the original there, or leave out ${by} to download it$`),
        ),
      });
    }
    expect(good.ranges).toEqual([]);
  });

  test('may not be empty text', async () => {
    await expect(load({dataDir: ''})).rejects.toThrow('--data_dir is empty: name a folder, or leave it out');
  });

  test.each([
    [
      'pictures of another size',
      {trainImages: idxFile([6, 14, 14], new Uint8Array(6 * 196))},
      /14 x 14 pixels/,
    ],
    ['too few labels', {testLabels: idxFile([2], digits(2))}, /has 2 labels for 3 pictures/],
    ['a label that is no digit', {testLabels: idxFile([3], Uint8Array.of(1, 10, 2))}, /has the label 10/],
  ])('%s are refused', async (_, change, message) => {
    const contents = {...small, ...change};
    await put(folder, undefined, contents);
    await expect(load({dataDir: folder, files: describeFiles(contents)})).rejects.toThrow(message);
  });
});

describe('no folder is named', () => {
  test('downloads into the cache, and reads the cache the next time', async () => {
    const good = await mirrorOf();
    const seen: string[] = [];
    const data = await load({from: [good], onProgress: ({file}) => seen.push(file)});
    const path = join(folder, 'cache', 'mnist');
    expect(data).toEqual({...expected, source: 'downloaded', name: 'MNIST', path, notice: undefined});
    expect(new Set(seen).size).toBe(4);
    expect(await load({offline: true})).toEqual(data);
    expect(good.ranges).toHaveLength(4);
  });

  test('a damaged file of the cache is downloaded again', async () => {
    const good = await mirrorOf();
    await load({from: [good]});
    await writeFile(join(folder, 'cache', 'mnist', 'train-labels-idx1-ubyte.gz'), 'damaged');
    expect((await load({from: [good]})).source).toBe('downloaded');
    expect(good.ranges).toHaveLength(5);
  });

  test('with no network the digits are generated, and the notice says why and what to do', async () => {
    const data = await load({from: [await deadMirror(), await mirrorOf(() => 503)]});
    expect(data.source).toBe('generated');
    expect(data.name).toMatch(/generated digits .*not MNIST/);
    expect([data.train.numExamples, data.test.numExamples]).toEqual([20, 10]);
    expect(data.notice).toMatch(/ECONNREFUSED/);
    expect(data.notice).toMatch(/HTTP 503/);
    expect(data.notice).toMatch(/generated digits instead.*not comparable/s);
    expect(data.notice).toMatch(/--data_dir=FOLDER or DP_DATA_DIR=FOLDER/);
    for (const {name} of Object.values(MNIST_FILES) as MnistFile[]) expect(data.notice).toContain(name);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });

  test('offline asks no mirror', async () => {
    const good = await mirrorOf();
    const data = await load({from: [good], offline: true});
    expect(data.source).toBe('generated');
    expect(data.notice).toMatch(
      /The network is not to be used, and .*train-images-idx3-ubyte.gz is missing or damaged/,
    );
    expect(good.ranges).toEqual([]);
  });

  test.each<[string, (file: Buffer) => Uint8Array]>([
    ['truncated', (file) => file.subarray(0, -12)],
    ['altered', () => gzipSync(new Uint8Array(small.trainImages.length))],
    ['a web page', () => Buffer.from('<html>Log in to the network</html>')],
  ])('a download that is %s is an error, not a reason to generate', async (fault, change) => {
    const failed = load({from: [await mirrorOf(change), await deadMirror()]});
    await expect(failed).rejects.toThrow(DownloadError);
    await expect(failed).rejects.toThrow(
      fault === 'a web page' ? /not the expected file/ : new RegExp(fault),
    );
  });

  test('a cache that can not be written is an error', async () => {
    await writeFile(join(folder, 'cache'), 'a file');
    await expect(load({from: [await mirrorOf()]})).rejects.toThrow(/could not be written .*DP_CACHE_DIR/);
  });

  test('an abort is passed on', async () => {
    const failed = load({from: [await mirrorOf()], signal: AbortSignal.abort()});
    await expect(failed).rejects.toMatchObject({name: 'AbortError'});
  });
});

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const real = environment || resolve(root, '../shared/data');

(existsSync(join(real, 'mnist')) ? describe : describe.skip)('real MNIST', () => {
  test('loads, with the statistics that are known of it', async () => {
    const {train, test: held, source} = await loadMnist({dataDir: real});
    expect(source).toBe('local');
    expect([train.numExamples, held.numExamples]).toEqual([60_000, 10_000]);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...held.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    const sum = train.images.reduce((total, pixel) => total + pixel, 0);
    expect(sum / train.images.length / 255).toBeCloseTo(0.1307, 4);
  });
});
