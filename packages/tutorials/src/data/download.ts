import {basename} from 'node:path';
import {checkedContent, ContentError} from './content.js';
import {errorDetail} from './error_detail.js';
import {PartialFile} from './partial_file.js';
import type {PartialOrigin} from './partial_file.js';

/** How far a download is. */
export interface DownloadProgress {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** The mirror's address of the file. */
  readonly url: string;
  /** Bytes that are here, those of an earlier, interrupted run included. */
  readonly receivedBytes: number;
  /** Size of the file, if the mirror tells it. */
  readonly totalBytes: number | undefined;
}

/** Options of {@link downloadFile}. */
export interface DownloadOptions {
  /** The file's address on each mirror, in the order in which they are tried. */
  readonly urls: readonly string[];
  /** Path of the file to write; its folder is made if needed. */
  readonly destination: string;
  /** SHA-256 of the uncompressed content, in lower-case hexadecimal. */
  readonly sha256OfContent: string;
  /** Size of the uncompressed content, in bytes. */
  readonly contentBytes: number;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Stops the download; what has come stays in `DESTINATION.part`, from which the next call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** How long a mirror may take to answer, in milliseconds. Default 3,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a mirror may send nothing while it answers, in milliseconds. Default 15,000. */
  readonly stallTimeoutMs?: number | undefined;
}

/**
 * Why a mirror did not give the file: no answer came, it answered with an error status, it stopped in the middle,
 * or it gave something else.
 */
export type MirrorFault = 'unreachable' | 'refused' | 'interrupted' | 'corrupt';

/** One try of one mirror that did not give the file. */
export interface MirrorFailure {
  readonly url: string;
  readonly fault: MirrorFault;
  readonly reason: string;
}

/** No mirror gave the file; the message lists each with its reason. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';

  constructor(
    readonly destination: string,
    readonly failures: readonly MirrorFailure[],
  ) {
    const advice = failures.some(({fault}) => fault === 'interrupted') ? '; run again to resume' : '';
    const reasons = failures.map(({url, reason}) => `  ${url}: ${reason}`).join('\n');
    super(`${basename(destination)} could not be downloaded from any mirror${advice}:\n${reasons}`);
  }

  /** Whether nothing at all was received: there is no network, or no mirror has the file. */
  get unavailable(): boolean {
    return this.failures.every(({fault}) => fault === 'unreachable' || fault === 'refused');
  }
}

const TRIES_PER_MIRROR = 3;

/**
 * Downloads a file, gzip or plain, and checks its uncompressed content. Mirrors are tried in turn. A mirror that breaks
 * off is asked again for the rest (HTTP Range, guarded by If-Range), and so is the next one. The file appears at
 * its destination whole and checked, or not at all.
 *
 * @returns the uncompressed content.
 * @throws DownloadError if no mirror gives the file; DataFileError if it can't be written; the signal's reason if aborted.
 */
export async function downloadFile(options: DownloadOptions): Promise<Uint8Array> {
  const {urls, destination, sha256OfContent, contentBytes, signal} = options;
  const part = new PartialFile(destination);
  const failures: MirrorFailure[] = [];
  for (const url of urls) {
    for (let tries = TRIES_PER_MIRROR; tries > 0; tries--) {
      let resumed = false;
      try {
        ({resumed} = await receive(url, part, options));
        const content = checkedContent(await part.read(), {sha256: sha256OfContent, bytes: contentBytes});
        await part.complete();
        return content;
      } catch (error) {
        signal?.throwIfAborted();
        const failed = asMirrorError(error, resumed);
        failures.push({url, fault: failed.fault, reason: failed.message});
        if (failed.fault === 'corrupt') await part.remove();
        if (!failed.tryAgain) break;
      }
    }
  }
  throw new DownloadError(destination, failures);
}

class MirrorError extends Error {
  constructor(
    readonly fault: MirrorFault,
    reason: string,
    /** Whether the same mirror may do better when asked again at once. */
    readonly tryAgain = false,
  ) {
    super(reason);
  }
}

/** Anything that is not a mirror's fault is thrown on. */
function asMirrorError(error: unknown, resumed: boolean): MirrorError {
  if (error instanceof MirrorError) return error;
  // What was resumed may have been bad before this mirror was asked.
  if (error instanceof ContentError) return new MirrorError('corrupt', `the file ${error.message}`, resumed);
  throw error;
}

/** Brings the rest of the file, or all of it, from one mirror into the partial file. */
async function receive(
  url: string,
  part: PartialFile,
  options: DownloadOptions,
): Promise<{resumed: boolean}> {
  const {connectTimeoutMs = 3000, stallTimeoutMs = 15_000} = options;
  const watch = new Watchdog(options.signal);
  try {
    const have = await part.size();
    const range = have > 0 ? rangeHeaders(have, url, await part.origin()) : {};
    watch.expect(connectTimeoutMs, `no answer within ${connectTimeoutMs / 1000} s`);
    const response = await request(url, range, watch, options.fetch ?? fetch);
    try {
      return await store(response, {url, part, have, watch, stallTimeoutMs, onProgress: options.onProgress});
    } finally {
      // Frees the connection where the body was not read to its end.
      if (response.body?.locked === false) await response.body.cancel().catch(() => undefined);
    }
  } finally {
    watch.stop();
  }
}

/**
 * Asks for the rest only where the answer can't be the rest of another file: a strong ETag (RFC 9110, 8.8.3) holds on any
 * mirror, since the content is checked as well; a date only on the mirror that gave it.
 */
function rangeHeaders(have: number, url: string, origin: PartialOrigin | undefined): Record<string, string> {
  const strong = origin?.etag?.startsWith('"') === true ? origin.etag : undefined;
  const validator = strong ?? (origin?.url === url ? origin.lastModified : undefined);
  if (validator !== undefined) return {range: `bytes=${have}-`, 'if-range': validator};
  return origin?.url === url ? {range: `bytes=${have}-`} : {};
}

async function request(
  url: string,
  range: Record<string, string>,
  watch: Watchdog,
  fetchFile: typeof fetch,
): Promise<Response> {
  try {
    // Without this a server may compress once more, and ranges would count bytes that are never seen.
    return await fetchFile(url, {headers: {'accept-encoding': 'identity', ...range}, signal: watch.signal});
  } catch (error) {
    throw new MirrorError('unreachable', watch.expired ?? networkReason(error));
  }
}

interface Reception {
  readonly url: string;
  readonly part: PartialFile;
  readonly have: number;
  readonly watch: Watchdog;
  readonly stallTimeoutMs: number;
  readonly onProgress: DownloadOptions['onProgress'];
}

async function store(response: Response, reception: Reception): Promise<{resumed: boolean}> {
  const {url, part, have, watch, stallTimeoutMs, onProgress} = reception;
  const range = contentRange(response);
  if (response.status === 416 && range.total === have) return {resumed: true}; // All of it was here already.
  if (response.status === 416 || (response.status === 206 && range.start !== have)) {
    throw new MirrorError('corrupt', `its ranges do not fit the ${have} bytes that are here`, true);
  }
  if (response.status !== 200 && response.status !== 206) {
    throw new MirrorError('refused', `HTTP ${response.status} ${response.statusText}`.trimEnd());
  }
  const resumed = response.status === 206;
  let received = resumed ? have : 0;
  const totalBytes = resumed ? range.total : contentLength(response);
  const file = resumed
    ? await part.resume()
    : await part.restart({
        url,
        etag: response.headers.get('etag') ?? undefined,
        lastModified: response.headers.get('last-modified') ?? undefined,
      });
  const before = received;
  const report = () =>
    onProgress?.({file: basename(part.destination), url, receivedBytes: received, totalBytes});
  try {
    report();
    const reader = response.body?.getReader();
    while (reader !== undefined) {
      watch.expect(stallTimeoutMs, `nothing came for ${stallTimeoutMs / 1000} s after ${received} bytes`);
      const {done, value} = await nextChunk(reader, watch, received, received > before);
      if (done) break;
      await part.append(file, value);
      received += value.length;
      report();
    }
  } finally {
    await file.close();
  }
  if (totalBytes !== undefined && received < totalBytes) {
    throw new MirrorError(
      'interrupted',
      `it ended after ${received} of ${totalBytes} bytes`,
      received > before,
    );
  }
  return {resumed};
}

type Chunk =
  {readonly done: true; readonly value?: undefined} | {readonly done: false; readonly value: Uint8Array};

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  watch: Watchdog,
  received: number,
  progressed: boolean,
): Promise<Chunk> {
  try {
    const {done, value} = await reader.read();
    return done ? {done} : {done, value};
  } catch (error) {
    const reason = watch.expired ?? `the connection broke after ${received} bytes (${networkReason(error)})`;
    throw new MirrorError('interrupted', reason, progressed);
  }
}

/** Start and total of `Content-Range: bytes START-END/TOTAL` or `bytes * /TOTAL`. */
function contentRange(response: Response): {start: number | undefined; total: number | undefined} {
  const [, start, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  return {
    start: start === undefined ? undefined : Number(start),
    total: total === undefined || total === '*' ? undefined : Number(total),
  };
}

function contentLength(response: Response): number | undefined {
  const length = response.headers.get('content-length');
  // With a content coding the length is the coded one, and `fetch` hands out the decoded bytes.
  return length === null || response.headers.has('content-encoding') ? undefined : Number(length);
}

function networkReason(error: unknown): string {
  // `fetch` says only "fetch failed"; what happened is in the cause.
  const own = errorDetail(error);
  const {message, code} = own.cause === undefined ? own : errorDetail(own.cause);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host's name was not found (${code})`;
  if (code === 'ECONNREFUSED') return `the connection was refused (${code})`;
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/** Aborts a request when what is expected does not happen in time, or when the caller's signal does. */
class Watchdog {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #expired: string | undefined;

  constructor(caller: AbortSignal | undefined) {
    const own = this.#controller.signal;
    this.signal = caller === undefined ? own : AbortSignal.any([caller, own]);
  }

  /** What did not happen in time, if the time ran out. */
  get expired(): string | undefined {
    return this.#expired;
  }

  /** Starts the clock again. */
  expect(milliseconds: number, otherwise: string): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#expired = otherwise;
      this.#controller.abort();
    }, milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
