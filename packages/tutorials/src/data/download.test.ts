import {existsSync} from 'node:fs';
import {readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {seededSource} from '@dp/random';
import {DataFileError} from './data_file_error.js';
import {downloadFile, DownloadError} from './download.js';
import type {DownloadOptions, DownloadProgress} from './download.js';
import {serve, sha256, startMirror, temporaryFolder} from './testing/mirror.js';
import type {Mirror, Serving} from './testing/mirror.js';

// Random bytes do not shrink, so that the gzip file has many network packets.
const words = new Uint32Array(50_000);
seededSource(7).fill(words);
const content = new Uint8Array(words.buffer);
const file = gzipSync(content);
const ETAG = '"v1"';

let folder: string;
let destination: string;
let mirrors: Mirror[];

beforeEach(async () => {
  folder = await temporaryFolder();
  destination = join(folder, 'cache', 'data.gz');
  mirrors = [];
});

afterEach(async () => {
  await Promise.all(mirrors.map((mirror) => mirror.close()));
  await rm(folder, {recursive: true});
});

/** A mirror of which each request is served by the next of the given ways, the last one for ever. */
async function mirror(bytes: Uint8Array, ...ways: Serving[]): Promise<Mirror> {
  let next = 0;
  const started = await startMirror((request, response) => {
    serve(bytes, ways[Math.min(next++, ways.length - 1)] ?? {}, request, response);
  });
  mirrors.push(started);
  return started;
}

async function status(code: number): Promise<Mirror> {
  const started = await startMirror((_, response) => response.writeHead(code).end('no'));
  mirrors.push(started);
  return started;
}

/** A mirror that nobody runs. */
async function dead(): Promise<Mirror> {
  const started = await startMirror(() => undefined);
  await started.close();
  return started;
}

function download(from: readonly Mirror[], options: Partial<DownloadOptions> = {}): Promise<Uint8Array> {
  return downloadFile({
    urls: from.map(({url}) => `${url}data.gz`),
    destination,
    sha256OfContent: sha256(content),
    contentBytes: content.length,
    ...options,
  });
}

// Not toEqual, which takes a second for arrays of this size.
async function expectContent(received: Promise<Uint8Array>): Promise<void> {
  expect(sha256(await received)).toBe(sha256(content));
}

async function expectComplete(): Promise<void> {
  expect(sha256(gunzipSync(await readFile(destination)))).toBe(sha256(content));
  expect(existsSync(`${destination}.part`)).toBe(false);
  expect(existsSync(`${destination}.part.json`)).toBe(false);
}

async function failureOf(download: Promise<unknown>): Promise<DownloadError> {
  const error: unknown = await download.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DownloadError);
  return error as DownloadError;
}

describe('a good mirror', () => {
  test('gives the content, leaves the file as it was sent, and reports each part', async () => {
    const seen: DownloadProgress[] = [];
    const good = await mirror(file, {etag: ETAG});
    await expectContent(download([good], {onProgress: (progress) => seen.push(progress)}));
    await expectComplete();
    expect(seen[0]).toEqual({
      file: 'data.gz',
      url: `${good.url}data.gz`,
      receivedBytes: 0,
      totalBytes: file.length,
    });
    expect(seen.at(-1)?.receivedBytes).toBe(file.length);
    expect(seen.every((progress, i) => i === 0 || progress.receivedBytes > seen[i - 1]!.receivedBytes)).toBe(
      true,
    );
  });

  test('may send the file plain, or unzipped on the way, or without its length', async () => {
    await expectContent(download([await mirror(content, {})]));
    const encoding = await startMirror((_, response) =>
      response.setHeader('content-encoding', 'gzip').end(file),
    );
    mirrors.push(encoding);
    await expectContent(download([encoding]));
    await expectChunked();
  });

  async function expectChunked(): Promise<void> {
    const seen: DownloadProgress[] = [];
    const chunked = await startMirror((_, response) => {
      response.write(file.subarray(0, 1000));
      response.end(file.subarray(1000));
    });
    mirrors.push(chunked);
    await expectContent(download([chunked], {onProgress: (progress) => seen.push(progress)}));
    expect(seen[0]?.totalBytes).toBeUndefined();
  }
});

describe('a connection that is cut', () => {
  test.each([
    ['with an ETag', {etag: ETAG}],
    ['with a date', {lastModified: 'Wed, 21 Oct 2015 07:28:00 GMT'}],
    ['with neither', {}],
  ])('is resumed where it broke off, %s', async (_, validator) => {
    const flaky = await mirror(file, {...validator, sends: 90_000}, {...validator, sends: 60_000}, validator);
    await expectContent(download([flaky]));
    await expectComplete();
    expect(flaky.ranges).toEqual([undefined, 'bytes=90000-', 'bytes=150000-']);
  });

  test('is resumed by a later run, on another mirror with the same ETag', async () => {
    const failure = await failureOf(
      download([await mirror(file, {etag: ETAG, sends: 90_000}, {etag: ETAG, sends: 0})]),
    );
    expect(failure.message).toMatch(/could not be downloaded from any mirror; run again to resume/);
    expect(failure.unavailable).toBe(false);
    const other = await mirror(file, {etag: ETAG});
    await expectContent(download([other]));
    expect(other.ranges).toEqual(['bytes=90000-']);
  });

  test('starts over when the file has changed since, or when the mirror ignores Range', async () => {
    const changed = await mirror(file, {etag: '"v0"', sends: 90_000}, {etag: ETAG});
    await expectContent(download([changed]));
    expect(changed.ranges).toEqual([undefined, 'bytes=90000-']);
    const simple = await mirror(file, {etag: ETAG, sends: 90_000}, {etag: ETAG, ignoresRange: true});
    await expectContent(download([simple]));
    expect(simple.ranges).toEqual([undefined, 'bytes=90000-']);
    await expectComplete();
  });

  test('starts over on another mirror when nothing tells that the files are the same', async () => {
    const first = await mirror(file, {sends: 90_000}, {sends: 0});
    const second = await mirror(gzipSync(content, {level: 1}), {});
    await expectContent(download([first, second]));
    expect(second.ranges).toEqual([undefined]);
  });

  test('starts over when the mirror resumes at another byte', async () => {
    let requests = 0;
    const wrong = await startMirror((request, response) => {
      requests++;
      if (requests === 1) serve(file, {sends: 90_000}, request, response);
      else if (request.headers.range === undefined) serve(file, {}, request, response);
      else response.writeHead(206, {'content-range': `bytes 5-9/${file.length}`}).end('12345');
    });
    mirrors.push(wrong);
    await expectContent(download([wrong]));
  });

  test('a partial file that is bad, complete or too long does no harm', async () => {
    const good = await mirror(file, {etag: ETAG});
    const leave = async (bytes: Uint8Array) => {
      await writeFile(`${destination}.part`, bytes);
      await writeFile(`${destination}.part.json`, JSON.stringify({url: `${good.url}data.gz`, etag: ETAG}));
    };
    await download([good]);
    for (const bytes of [new Uint8Array(777), file, new Uint8Array(file.length + 1)]) {
      await leave(bytes);
      await expectContent(download([good]));
      await expectComplete();
    }
    await writeFile(`${destination}.part`, file.subarray(0, 100));
    await writeFile(`${destination}.part.json`, 'not json');
    await expectContent(download([good]));
  });
});

describe('a mirror that does not give the file is left for the next one', () => {
  test.each([
    ['404', () => status(404), 'refused', /HTTP 404 Not Found/],
    ['503', () => status(503), 'refused', /HTTP 503/],
    ['no server', dead, 'unreachable', /the connection was refused \(ECONNREFUSED\)/],
    ['truncated', () => mirror(file.subarray(0, -50), {}), 'corrupt', /the file is truncated/],
    [
      'altered',
      () => mirror(gzipSync(content.map((v) => v ^ 1)), {etag: '"altered"'}),
      'corrupt',
      /the file was altered/,
    ],
    [
      'stalled',
      () => mirror(file, {sends: 1000, then: 'stall'}),
      'interrupted',
      /nothing came for 0.1 s after 1000 bytes/,
    ],
    ['silent', () => startMirror(() => undefined), 'unreachable', /no answer within 0.1 s/],
  ] as const)('%s', async (_, bad, fault, reason) => {
    const first = await bad();
    mirrors.push(first);
    const timeouts = {connectTimeoutMs: 100, stallTimeoutMs: 100};
    const failure = await failureOf(download([first], timeouts));
    expect(failure.failures.at(-1)).toMatchObject({url: `${first.url}data.gz`, fault});
    expect(failure.message).toMatch(reason);
    expect(failure.unavailable).toBe(fault === 'refused' || fault === 'unreachable');
    expect(existsSync(destination)).toBe(false);
    expect(existsSync(`${destination}.part`)).toBe(fault === 'interrupted');

    await expectContent(download([first, await mirror(file, {etag: ETAG})], timeouts));
    await expectComplete();
  });

  test('when all fail, each is listed with its reason', async () => {
    const all = [await dead(), await status(404), await mirror(new Uint8Array(3), {})];
    const {message, unavailable} = await failureOf(download(all));
    expect(message.split('\n')).toEqual([
      'data.gz could not be downloaded from any mirror:',
      `  ${all[0]!.url}data.gz: the connection was refused (ECONNREFUSED)`,
      `  ${all[1]!.url}data.gz: HTTP 404 Not Found`,
      expect.stringMatching(/: the file is truncated or not the expected file \(it holds 3 bytes/),
    ]);
    expect(unavailable).toBe(false);
  });

  test('no network at all: nothing is written, and the reason names the cause', async () => {
    const offline = () =>
      Promise.reject(
        new TypeError('fetch failed', {
          cause: Object.assign(new Error('getaddrinfo ENOTFOUND x'), {code: 'ENOTFOUND'}),
        }),
      );
    const failure = await failureOf(download([await dead()], {fetch: offline}));
    expect(failure.unavailable).toBe(true);
    expect(failure.message).toMatch(/the host's name was not found \(ENOTFOUND\)/);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });
});

describe('ends at once, without asking the next mirror,', () => {
  test('when aborted; the next call resumes', async () => {
    const controller = new AbortController();
    const first = await mirror(file, {etag: ETAG, sends: 90_000, then: 'stall'}, {etag: ETAG});
    const second = await mirror(file, {});
    const stopped = download([first, second], {
      signal: controller.signal,
      onProgress: ({receivedBytes}) => {
        if (receivedBytes === 90_000) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({name: 'AbortError'});
    expect(second.ranges).toEqual([]);
    expect(existsSync(destination)).toBe(false);
    await expectContent(download([first]));
    expect(first.ranges).toEqual([undefined, 'bytes=90000-']);
  });

  test('when aborted before it starts', async () => {
    const good = await mirror(file, {});
    await expect(download([good], {signal: AbortSignal.abort()})).rejects.toMatchObject({name: 'AbortError'});
    expect(existsSync(destination)).toBe(false);
  });

  test('when the folder can not be made', async () => {
    await writeFile(join(folder, 'cache'), 'a file');
    const good = await mirror(file, {});
    const failed = download([good, good]);
    await expect(failed).rejects.toThrow(DataFileError);
    await expect(failed).rejects.toThrow(
      /data\.gz could not be written \(.*\): free some space .*DP_CACHE_DIR/,
    );
    expect(good.ranges).toHaveLength(1);
  });

  (existsSync('/dev/full') ? test : test.skip)('when the disk is full', async () => {
    destination = join(folder, 'data.gz');
    await symlink('/dev/full', `${destination}.part`);
    const good = await mirror(file, {});
    const failed = download([good, good]);
    await expect(failed).rejects.toThrow(DataFileError);
    await expect(failed).rejects.toThrow(/ENOSPC: no space left on device/);
    expect(good.ranges).toHaveLength(1);
    expect(existsSync(destination)).toBe(false);
  });
});
