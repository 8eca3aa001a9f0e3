/** What a thrown value tells. Read by field, not by class: an error of Node's own may come from another realm. */
export interface ErrorDetail {
  readonly message: string;
  /** Node's code, such as `ENOSPC`. */
  readonly code: string | undefined;
  readonly cause: unknown;
}

export function errorDetail(error: unknown): ErrorDetail {
  if (typeof error !== 'object' || error === null)
    return {message: String(error), code: undefined, cause: undefined};
  return {
    message: 'message' in error ? String(error.message) : 'unknown error',
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    cause: 'cause' in error ? error.cause : undefined,
  };
}
