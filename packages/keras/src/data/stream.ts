import type {Given} from './given.js';

/** A batch as a stream delivers it. Sensitive. Its tensors are used up. */
export interface StreamBatch {
  /** One tensor, one an input, or by name; examples at axis 0. */
  readonly xs: Given;
  /** Their labels. */
  readonly ys: Given;
  /** Names of the records, if there are: a stream that repeats one in an epoch is refused then. Sensitive. */
  readonly ids?: readonly (string | number)[];
}

/** Anything with `iterator()`, such as a `tf.data.Dataset` of batches `{xs, ys}`. */
export interface IteratorStream {
  iterator(): Promise<{next(): Promise<{readonly value?: unknown; readonly done?: boolean | undefined}>}>;
}

/**
 * Batches one after another, in the stream's own order. Each epoch asks for an iterator of its own, which must deliver every
 * record once.
 */
export type BatchStream = IteratorStream | AsyncIterable<StreamBatch>;

/** Whether it is a stream, and not records by index. */
export function isStream(data: unknown): data is BatchStream {
  if (typeof data !== 'object' || data === null) return false;
  return 'iterator' in data || Symbol.asyncIterator in data;
}

/** The batches of one epoch. */
export interface EpochIterator {
  /** Undefined at the end. */
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** Begins the stream anew. */
export async function openEpoch(stream: BatchStream): Promise<EpochIterator> {
  const iterator: {
    next(): Promise<{readonly value?: unknown; readonly done?: boolean | undefined}>;
    return?(): Promise<unknown>;
  } = 'iterator' in stream ? await stream.iterator() : stream[Symbol.asyncIterator]();
  return {
    async next() {
      const {value, done} = await iterator.next();
      return done === true ? undefined : value;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
