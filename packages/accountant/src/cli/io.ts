/** Where a command line writes; the process's own streams and files, or a test's strings. */
export interface Io {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly writeFile: (path: string, text: string) => Promise<void>;
}
