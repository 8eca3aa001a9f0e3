/** Where a command line writes; the process's own streams, or a test's strings. */
export interface Io {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}
