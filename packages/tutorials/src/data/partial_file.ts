import {open, readFile, rename, rm, stat, writeFile, mkdir} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {dirname} from 'node:path';
import {DataFileError} from './data_file_error.js';
import {errorDetail} from './error_detail.js';

/** Where the bytes of a partial file came from, kept beside it so that a later run can ask for the rest of the same file. */
export interface PartialOrigin {
  readonly url: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** A download that is not complete: `DESTINATION.part`, and its origin in `DESTINATION.part.json`. */
export class PartialFile {
  readonly #part: string;
  readonly #originPath: string;

  constructor(readonly destination: string) {
    this.#part = `${destination}.part`;
    this.#originPath = `${destination}.part.json`;
  }

  /** Bytes that are already here; 0 if there is no partial file. */
  async size(): Promise<number> {
    const found = await stat(this.#part).catch(() => undefined);
    return found?.isFile() === true ? found.size : 0;
  }

  async origin(): Promise<PartialOrigin | undefined> {
    try {
      return asOrigin(JSON.parse(await readFile(this.#originPath, 'utf8')));
    } catch {
      return undefined; // Absent or unreadable: the bytes are then not resumed.
    }
  }

  /** Opens an empty file for the bytes of `origin`. */
  async restart(origin: PartialOrigin): Promise<FileHandle> {
    return this.#writing(async () => {
      await mkdir(dirname(this.destination), {recursive: true});
      // Emptied before the new origin is recorded, so that old bytes never stand beside it.
      await writeFile(this.#part, '');
      await writeFile(this.#originPath, JSON.stringify(origin));
      return open(this.#part, 'a');
    });
  }

  /** Opens the file to append to its bytes. */
  async resume(): Promise<FileHandle> {
    return this.#writing(() => open(this.#part, 'a'));
  }

  async append(file: FileHandle, bytes: Uint8Array): Promise<void> {
    await this.#writing(() => file.appendFile(bytes));
  }

  async read(): Promise<Uint8Array> {
    return readFile(this.#part);
  }

  async remove(): Promise<void> {
    await rm(this.#part, {force: true});
    await rm(this.#originPath, {force: true});
  }

  /** Renames the file to its destination, which other processes see whole or not at all. */
  async complete(): Promise<void> {
    await this.#writing(async () => {
      const file = await open(this.#part, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(this.#part, this.destination);
    });
    await rm(this.#originPath, {force: true});
  }

  /** A disk that is full or read-only is no mirror's fault: it ends the download. */
  async #writing<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw new DataFileError(
        this.destination,
        `could not be written (${errorDetail(error).message})`,
        'free some space there or make it writable, or name another folder with DP_CACHE_DIR',
        {cause: error},
      );
    }
  }
}

function asOrigin(value: unknown): PartialOrigin | undefined {
  if (typeof value !== 'object' || value === null || !('url' in value) || typeof value.url !== 'string') {
    return undefined;
  }
  const text = (field: unknown): string | undefined => (typeof field === 'string' ? field : undefined);
  return {
    url: value.url,
    etag: 'etag' in value ? text(value.etag) : undefined,
    lastModified: 'lastModified' in value ? text(value.lastModified) : undefined,
  };
}
