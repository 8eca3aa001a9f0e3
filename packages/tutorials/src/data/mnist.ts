import {join} from 'node:path';
import {cacheFolder} from './cache.js';
import type {ExpectedContent} from './content.js';
import {
  namedFolder,
  OfflineError,
  readCachedOrDownload,
  readNamed,
  type DataFile,
  type FoundContent,
} from './data_file.js';
import {DataFileError} from './data_file_error.js';
import {generateDigits} from './digits.js';
import type {DigitsOptions} from './digits.js';
import {DownloadError} from './download.js';
import type {DownloadOptions} from './download.js';
import {parseIdx} from './idx.js';
import type {LabelledImages} from './labelled_images.js';

/** A training set and a test set of digits. */
export interface MnistData {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** Where the data came from. Only `local` and `downloaded` are MNIST; `downloaded` includes the cache. */
  readonly source: 'local' | 'downloaded' | 'generated';
  /** What it is. */
  readonly name: string;
  /** The file or folder that holds it, if there is one. */
  readonly path: string | undefined;
  /** A block to print before training, where the data is not what was asked for; see {@link offlineNotice}. */
  readonly notice: string | undefined;
}

/** One file of the data set: its usual name and what it must hold. */
export interface MnistFile extends ExpectedContent {
  /** Name with `-idx`; the spelling with `.idx` is accepted, and each with or without `.gz`. */
  readonly name: string;
}

/** The four files of the data set. */
export interface MnistFiles {
  readonly trainImages: MnistFile;
  readonly trainLabels: MnistFile;
  readonly testImages: MnistFile;
  readonly testLabels: MnistFile;
}

/** MNIST: LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/, CC BY-SA 3.0. */
export const MNIST_FILES: MnistFiles = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    bytes: 47_040_016,
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    bytes: 60_008,
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    bytes: 7_840_016,
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    bytes: 10_008,
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
};

/** Folders that hold the four files, with `.gz`. */
export const MNIST_MIRRORS: readonly string[] = [
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
];

/** Options of {@link loadMnist}; all of them are public. */
export interface LoadMnistOptions {
  /** Folder with the four files, or with a folder `mnist` that has them (`--data_dir`). Default: `DP_DATA_DIR`, if set. */
  readonly dataDir?: string | undefined;
  /** Where downloads are kept. Default: {@link cacheFolder}. */
  readonly cacheDir?: string | undefined;
  /** Addresses of folders to download from, tried in turn. Default: {@link MNIST_MIRRORS}. */
  readonly mirrors?: readonly string[] | undefined;
  readonly onProgress?: DownloadOptions['onProgress'];
  /** Stops a download. */
  readonly signal?: AbortSignal | undefined;
  /** Never use the network. Default false. */
  readonly offline?: boolean | undefined;
  /** How many digits to generate where MNIST can't be had. */
  readonly digits?: DigitsOptions | undefined;
  /** What the files must hold. Default {@link MNIST_FILES}; tests give small files. */
  readonly files?: MnistFiles | undefined;
}

/**
 * Loads MNIST from the folder that is named, else from the cache, else from a mirror into the cache; every file is
 * checked by the SHA-256 of its uncompressed content. Where no file can be had, because there is no network, the digits
 * are generated: `source` and `notice` say so.
 *
 * @throws DataFileError if a folder is named and a file in it is missing, truncated or altered, or if the cache can't be written.
 * @throws DownloadError if mirrors answered, and what they gave was altered or broke off. The signal's reason if aborted.
 */
export async function loadMnist(options: LoadMnistOptions = {}): Promise<MnistData> {
  const {files = MNIST_FILES} = options;
  const named = namedFolder(options.dataDir);
  if (named !== undefined) {
    const data = await readSplits(files, (file) => readNamed(file, named, 'mnist'));
    return {...data, source: 'local', name: 'MNIST', path: named.path, notice: undefined};
  }
  const {mirrors = MNIST_MIRRORS, offline = false, onProgress, signal} = options;
  const folder = join(options.cacheDir ?? cacheFolder(), 'mnist');
  try {
    const data = await readSplits(files, (file) =>
      readCachedOrDownload(file, {
        urls: mirrors.map((mirror) => `${mirror.replace(/\/*$/, '/')}${file.names[0]}.gz`),
        folder,
        offline,
        onProgress,
        signal,
      }),
    );
    return {...data, source: 'downloaded', name: 'MNIST', path: folder, notice: undefined};
  } catch (error) {
    if (!(error instanceof OfflineError) && !(error instanceof DownloadError && error.unavailable))
      throw error;
    return {
      ...generateDigits(options.digits),
      source: 'generated',
      name: 'generated digits (drawn by code, not MNIST)',
      path: undefined,
      notice: offlineNotice(error),
    };
  }
}

/** The block that tells why the digits are generated, what that means, and how to use MNIST. */
export function offlineNotice(error: Error): string {
  return [
    `MNIST could not be downloaded. ${error.message}`,
    'Training on generated digits instead: they are drawn by code and are not MNIST, so the accuracy is not comparable',
    'with any that is published. The privacy accounting is the same.',
    'To use MNIST, put these files, gzip or plain, into a folder, and name it with --data_dir=FOLDER or DP_DATA_DIR=FOLDER:',
    ...Object.values(MNIST_FILES).map(({name}: MnistFile) => `  ${name}.gz`),
  ].join('\n');
}

type Splits = Pick<MnistData, 'train' | 'test'>;
type ReadContent = (file: DataFile) => Promise<FoundContent>;

async function readSplits(files: MnistFiles, read: ReadContent): Promise<Splits> {
  // One after another: where there is no network, the first file says so for all.
  const train = labelledImages(
    await read(dataFile(files.trainImages)),
    await read(dataFile(files.trainLabels)),
  );
  const test = labelledImages(await read(dataFile(files.testImages)), await read(dataFile(files.testLabels)));
  return {train, test};
}

/** Some mirrors spell the names with a dot. */
function dataFile({name, ...content}: MnistFile): DataFile {
  return {...content, names: [name, name.replace('-idx', '.idx')]};
}

function labelledImages(images: FoundContent, labels: FoundContent): LabelledImages {
  const pixels = parseIdx(images.content, images.path, 3);
  const digits = parseIdx(labels.content, labels.path, 1);
  const [numExamples = 0, rows, columns] = pixels.dimensions;
  const remedy = 'replace it by the original file';
  if (rows !== 28 || columns !== 28) {
    throw new DataFileError(
      images.path,
      `has pictures of ${rows} x ${columns} pixels, expected 28 x 28`,
      remedy,
    );
  }
  if (digits.data.length !== numExamples) {
    throw new DataFileError(
      labels.path,
      `has ${digits.data.length} labels for ${numExamples} pictures`,
      remedy,
    );
  }
  const wrong = digits.data.find((digit) => digit > 9);
  if (wrong !== undefined)
    throw new DataFileError(labels.path, `has the label ${wrong}, expected 0 to 9`, remedy);
  return {images: pixels.data, labels: digits.data, numExamples};
}
