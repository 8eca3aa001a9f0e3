import {createRequire} from 'node:module';
import {readdir, readFile, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';

import {cacheFolder} from './cache.js';
import {
  isFolder,
  locate,
  namedFolder,
  OfflineError,
  readCachedOrDownload,
  readNamed,
  type DataFile,
} from './data_file.js';
import {DataFileError} from './data_file_error.js';
import {DownloadError, type DownloadOptions} from './download.js';

/** Shakespeare's plays, 1,115,394 characters, public domain; collected by Karpathy for char-rnn (2015). */
export const TINY_SHAKESPEARE: DataFile = {
  names: ['tinyshakespeare.txt', 'shakespeare.txt'],
  bytes: 1_115_394,
  sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
};

/** Addresses of the file. */
export const TINY_SHAKESPEARE_URLS: readonly string[] = [
  'https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt',
  'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt',
];

/** A text to learn from. */
export interface TextData {
  /** Sensitive, if it is private. */
  readonly text: string;
  readonly source: 'shakespeare' | 'own' | 'documentation';
  /** What it is. */
  readonly name: string;
  /** The file or folder that holds it, if there is one. */
  readonly path: string | undefined;
  /** A block to print before training, where the text is not what was asked for. */
  readonly notice: string | undefined;
}

/** Options of {@link loadText}; all of them are public. */
export interface LoadTextOptions {
  /** A text file, or a folder with Tiny Shakespeare or with `.txt` files. Default: `DP_DATA_DIR`, if set. */
  readonly dataDir?: string | undefined;
  /** Where downloads are kept. Default: {@link cacheFolder}. */
  readonly cacheDir?: string | undefined;
  readonly onProgress?: DownloadOptions['onProgress'];
  /** Stops a download. */
  readonly signal?: AbortSignal | undefined;
  /** Never use the network. Default: false. */
  readonly offline?: boolean | undefined;
}

/**
 * Loads a text: the file or the folder that is named, else Tiny Shakespeare from the cache or a mirror, checked by SHA-256. Where
 * it can't be had, because there is no network, the documentation of these packages: `source` and `notice` say so.
 *
 * @throws DataFileError if what is named is missing, altered or no UTF-8; DownloadError if mirrors gave something else.
 */
export async function loadText(options: LoadTextOptions = {}): Promise<TextData> {
  const named = namedFolder(options.dataDir);
  if (named !== undefined) {
    const whole = await locate(TINY_SHAKESPEARE, [named.path, join(named.path, 'text')]);
    if (named.by === '--data_dir' && whole === undefined) return ownText(named.path);
    const {path, content} = await readNamed(TINY_SHAKESPEARE, named, 'text');
    return shakespeare(content, path);
  }
  const {onProgress, signal, offline = false} = options;
  const folder = join(options.cacheDir ?? cacheFolder(), 'text');
  try {
    const urls = TINY_SHAKESPEARE_URLS;
    const {path, content} = await readCachedOrDownload(TINY_SHAKESPEARE, {
      urls,
      folder,
      offline,
      onProgress,
      signal,
    });
    return shakespeare(content, path);
  } catch (error) {
    if (!(error instanceof OfflineError) && !(error instanceof DownloadError && error.unavailable))
      throw error;
    return documentation(error);
  }
}

function shakespeare(content: Uint8Array, path: string): TextData {
  return {
    text: utf8(content, path),
    source: 'shakespeare',
    name: 'Tiny Shakespeare',
    path,
    notice: undefined,
  };
}

async function ownText(path: string): Promise<TextData> {
  const remedy = 'name a UTF-8 text file, or a folder with .txt files';
  const names = (await isFolder(path))
    ? (await readdir(path)).filter((name) => name.endsWith('.txt')).sort()
    : undefined;
  const files = names?.map((name) => join(path, name)) ?? [path];
  if (files.length === 0) throw new DataFileError(path, 'holds no .txt file', remedy);
  const texts: string[] = [];
  for (const file of files) {
    if ((await stat(file).catch(() => undefined)) === undefined)
      throw new DataFileError(file, 'is missing', remedy);
    texts.push(utf8(await readFile(file), file));
  }
  return {text: texts.join('\n'), source: 'own', name: 'a text of your own', path, notice: undefined};
}

/** The READMEs of these packages, which every installation has. */
async function documentation(error: Error): Promise<TextData> {
  const require = createRequire(import.meta.url);
  const names = ['random', 'accountant', 'kernels', 'optimizers', 'keras', 'tutorials'];
  const texts = await Promise.all(
    names.map((name) =>
      readFile(join(dirname(require.resolve(`@dp/${name}/package.json`)), 'README.md'), 'utf8'),
    ),
  );
  return {
    text: texts.join('\n'),
    source: 'documentation',
    name: 'the documentation of these packages (not Shakespeare)',
    path: undefined,
    notice: [
      `Tiny Shakespeare could not be downloaded. ${error.message}`,
      'Training on the documentation of these packages instead: it is short, so the accuracy is not comparable with any that is',
      'published. The privacy accounting is the same. To use a text of your own, name its file or folder with --data_dir.',
    ].join('\n'),
  };
}

function utf8(content: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(content);
  } catch (error) {
    throw new DataFileError(path, 'is no UTF-8 text', 'convert it to UTF-8', {cause: error});
  }
}
