/** The noisy accuracy of private validation among what callbacks are told. */
export const PRIVATE_ACCURACY = 'val_private_acc';

/** What the ledger covers, and what was released with noise. */
const COVERED: ReadonlySet<string> = new Set(['epsilon', PRIVATE_ACCURACY]);

/** Whether an entry of the logs may leave this machine (privacy rule 19). Everything else comes straight from the examples. */
export function isCovered(name: string): boolean {
  return COVERED.has(name);
}
