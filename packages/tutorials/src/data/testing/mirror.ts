import {createHash} from 'node:crypto';
import {mkdtemp} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A server on 127.0.0.1 that plays a mirror, well-behaved or not. */
export interface Mirror {
  /** Ends with a slash. */
  readonly url: string;
  /** The `Range` header of each request so far; undefined where it had none. */
  readonly ranges: (string | undefined)[];
  close(): Promise<void>;
}

export async function startMirror(answer: RequestListener): Promise<Mirror> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    ranges,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** How a file is served. */
export interface Serving {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** Answers every request with the whole file. */
  readonly ignoresRange?: boolean | undefined;
  /** Sends so many bytes of the answer, and then does as `then` says; undefined sends all of it. */
  readonly sends?: number | undefined;
  readonly then?: 'cut' | 'stall' | undefined;
}

/** Serves one file as RFC 9110 says, apart from what `serving` changes. */
export function serve(
  file: Uint8Array,
  {etag, lastModified, ignoresRange = false, sends, then = 'cut'}: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (etag !== undefined) response.setHeader('etag', etag);
  if (lastModified !== undefined) response.setHeader('last-modified', lastModified);
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const condition = request.headers['if-range'];
  const same = condition === undefined || condition === etag || condition === lastModified;
  const resumed = start > 0 && !ignoresRange && same;
  if (resumed && start >= file.length) {
    response.writeHead(416, {'content-range': `bytes */${file.length}`}).end();
    return;
  }
  const body = resumed ? file.subarray(start) : file;
  if (resumed) response.setHeader('content-range', `bytes ${start}-${file.length - 1}/${file.length}`);
  response.writeHead(resumed ? 206 : 200, {'content-length': body.length});
  if (sends === undefined) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, sends), () => {
    // A moment later, so that what was sent arrives before the connection breaks.
    if (then === 'cut') setTimeout(() => response.destroy(), 30);
  });
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A new, empty folder for one test. */
export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'dp-tutorials-'));
}
