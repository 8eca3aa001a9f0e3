/** Among what callbacks are told: what the ledger covers, and what was released with noise. */
const COVERED: ReadonlySet<string> = new Set(['epsilon', 'val_private_acc']);

/** Whether an entry of the logs may leave this machine (privacy rule 19). Everything else comes straight from the examples. */
export function isCovered(name: string): boolean {
  return COVERED.has(name);
}
