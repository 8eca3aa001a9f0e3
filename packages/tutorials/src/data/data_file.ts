import {readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';

import {checkedContent, ContentError, type ExpectedContent} from './content.js';
import {DataFileError} from './data_file_error.js';
import {downloadFile, type DownloadOptions} from './download.js';
import {errorDetail} from './error_detail.js';

/** One file of a data set: how it is called and what it must hold. */
export interface DataFile extends ExpectedContent {
  /** Names without `.gz`, the usual one first; each is looked for with `.gz` and without. */
  readonly names: readonly [string, ...string[]];
}

/** Where a file was found, for errors, and its checked content, uncompressed. */
export interface FoundContent {
  readonly path: string;
  readonly content: Uint8Array;
}

/** A folder that was named as the place of the data. */
export interface NamedFolder {
  readonly path: string;
  /** Who named it, for errors. */
  readonly by: '--data_dir' | 'DP_DATA_DIR';
}

/** The folder that the flag names, or else the environment. @throws DataFileError for an empty name. */
export function namedFolder(dataDir: string | undefined): NamedFolder | undefined {
  if (dataDir === '') throw new DataFileError('--data_dir', 'is empty', 'name a folder, or leave it out');
  if (dataDir !== undefined) return {path: dataDir, by: '--data_dir'};
  const path = process.env.DP_DATA_DIR;
  return path ? {path, by: 'DP_DATA_DIR'} : undefined;
}

/**
 * Reads a file from a named folder, or from its subfolder of that name.
 *
 * @throws DataFileError if it is missing, truncated or altered.
 */
export async function readNamed(
  file: DataFile,
  named: NamedFolder,
  subfolder: string,
): Promise<FoundContent> {
  const remedy = `copy the original there, or leave out ${named.by} to download it`;
  const folders = [named.path, join(named.path, subfolder)];
  const path = await locate(file, folders);
  if (path === undefined) {
    const missing = (await isFolder(named.path)) ? 'is missing' : 'is missing (there is no such folder)';
    const others = file.names.slice(1).map((name) => `as ${name}, `);
    throw new DataFileError(
      join(named.path, `${file.names[0]}.gz`),
      `${missing}; also looked for without .gz, ${others.join('')}and in ${join(named.path, subfolder)}`,
      remedy,
    );
  }
  try {
    return {path, content: checkedContent(await readFile(path), file)};
  } catch (error) {
    const problem =
      error instanceof ContentError ? error.message : `could not be read (${errorDetail(error).message})`;
    throw new DataFileError(path, problem, remedy, {cause: error});
  }
}

/** Options of {@link readCachedOrDownload}. */
export interface CachedDownload extends Pick<DownloadOptions, 'urls' | 'onProgress' | 'signal'> {
  /** Where downloads are kept. */
  readonly folder: string;
  /** Never use the network. */
  readonly offline: boolean;
}

/**
 * Reads a file from the cache, or downloads it into the cache.
 *
 * @throws OfflineError, DownloadError, DataFileError; the signal's reason if aborted.
 */
export async function readCachedOrDownload(
  file: DataFile,
  {urls, folder, offline, onProgress, signal}: CachedDownload,
): Promise<FoundContent> {
  signal?.throwIfAborted();
  const path = await locate(file, [folder]);
  if (path !== undefined) {
    try {
      return {path, content: checkedContent(await readFile(path), file)};
    } catch (error) {
      // Only a file of ours may be replaced without a word; its damage says nothing about the mirrors.
      if (!(error instanceof ContentError)) throw error;
    }
  }
  const destination = join(folder, `${file.names[0]}.gz`);
  if (offline) {
    throw new OfflineError(`The network is not to be used, and ${destination} is missing or damaged.`);
  }
  const content = await downloadFile({
    urls,
    destination,
    sha256OfContent: file.sha256,
    contentBytes: file.bytes,
    onProgress,
    signal,
  });
  return {path: destination, content};
}

/** The network was not to be used, and the cache has no good file. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';
}

/** The first of the file's names that exists in one of the folders. */
export async function locate(file: DataFile, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of file.names) {
      for (const suffix of ['.gz', '']) {
        const path = join(folder, name + suffix);
        if ((await stat(path).catch(() => undefined)) !== undefined) return path;
      }
    }
  }
  return undefined;
}

/** Whether there is such a folder. */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
