/** A data file that is missing, damaged, or can't be written. The message names the file, what was found, and what to do. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError';

  constructor(
    readonly path: string,
    problem: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${path} ${problem}: ${remedy}`, options);
  }
}
