import {clock, isLive, LiveLine, Pace, withBar} from '@dp/keras/terminal';

import type {DownloadProgress} from '../data/download.js';

/** A live line about downloads. */
export interface DownloadLine {
  /** Give it to `loadMnist` or `downloadFile` as `onProgress`. */
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Clears the line. Call it in a `finally`: until then the process does not end by itself. */
  readonly stop: () => void;
}

/**
 * A live line with file, megabytes, speed and time left. It is quiet where the stream is no terminal.
 *
 * @param stream standard error by default.
 * @param now the time in seconds, for tests.
 */
export function createDownloadProgress(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = () => performance.now() / 1000,
): DownloadLine {
  if (!isLive(stream)) return {onProgress: () => undefined, stop: () => undefined};
  const line = new LiveLine(stream);
  let shown: DownloadProgress | undefined;
  let pace = new Pace();
  return {
    onProgress(progress) {
      // Another file or mirror, or one that starts over.
      const another = shown?.file !== progress.file || progress.receivedBytes < shown.receivedBytes;
      if (another) pace = new Pace();
      pace.mark(now(), progress.receivedBytes);
      const first = shown === undefined;
      shown = progress;
      if (first) line.start((columns) => (shown ? downloadLine(shown, pace.rate, columns) : ''));
      else line.refresh();
    },
    stop() {
      line.stop();
      shown = undefined;
    },
  };
}

/** The text of the line. */
export function downloadLine(
  {file, receivedBytes, totalBytes}: DownloadProgress,
  bytesPerSecond: number | undefined,
  columns: number,
): string {
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const left =
    bytesPerSecond === undefined || totalBytes === undefined
      ? undefined
      : (totalBytes - receivedBytes) / bytesPerSecond;
  return withBar(
    file,
    totalBytes === undefined ? 0 : receivedBytes / totalBytes,
    [
      totalBytes === undefined
        ? `${mega(receivedBytes)} MB`
        : `${mega(receivedBytes)}/${mega(totalBytes)} MB`,
      bytesPerSecond === undefined ? '' : `${mega(bytesPerSecond)} MB/s`,
      left === undefined ? '' : `${clock(left)} left`,
    ],
    columns,
  );
}
