/** Stable codes of the errors that this package throws on purpose. */
export type DpErrorCode =
  | 'INVALID_OPTION'
  | 'BATCH_TOO_LARGE'
  | 'NOT_AS_DRAWN'
  | 'LEDGER_CORRUPT'
  | 'LEDGER_LOCKED'
  | 'LEDGER_MISSING'
  | 'LEDGER_NOT_WRITTEN'
  | 'NOT_RESERVED'
  | 'NOT_PRIVATE'
  | 'BUDGET_SPENT'
  | 'CHECKPOINT'
  | 'LOSS_FORM'
  | 'MIXES_EXAMPLES'
  | 'NO_RULE'
  | 'UNKNOWN_TENSOR'
  | 'SIDE_DOOR'
  | 'UNREACHED_VARIABLE'
  | 'NOT_SEPARATE'
  | 'UNSUPPORTED'
  | 'WORKER_FAILED';

/**
 * An error with a stable `code`; the message names what is wrong, its value, the bound and the remedy. `cause` is the system's
 * error, where there was one.
 */
export class DpError extends Error {
  override readonly name = 'DpError';

  constructor(
    readonly code: DpErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
