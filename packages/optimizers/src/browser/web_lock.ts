import {DpError} from '../errors.js';

/**
 * Keeps every other page and worker of this origin off a ledger, until what is returned is called or the page has ended.
 *
 * @param onLost - Called if somebody takes the lock by force.
 * @throws DpError LEDGER_LOCKED if it is held; UNSUPPORTED where there are no Web Locks.
 */
export async function webLock(name: string, onLost: () => void): Promise<() => void> {
  // Node 20 has no navigator, and a page that was not loaded securely no locks, whatever the types say.
  const {locks} = (globalThis as {navigator?: {locks?: LockManager}}).navigator ?? {};
  if (locks === undefined) {
    throw new DpError(
      'UNSUPPORTED',
      "this environment has no Web Locks (navigator.locks), and without a lock two writers would lose each other's releases. " +
        'Load the page by https or from localhost; in Node, use openLedgerFile of @dp/optimizers/node',
    );
  }
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        reject(
          new DpError(
            'LEDGER_LOCKED',
            `the ledger '${name}' is open in another page or worker, or in this one, and two writers would lose each other's releases. Close it there`,
          ),
        );
        return undefined;
      }
      return new Promise((release) => resolve(release));
    };
    locks.request(`@dp/optimizers ledger ${name}`, {ifAvailable: true}, held).catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      onLost();
    });
  });
}
