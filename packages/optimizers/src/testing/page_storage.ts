import 'fake-indexeddb/auto';
import {IDBFactory} from 'fake-indexeddb';

/** The lock that a page holds while a function runs, as `navigator.locks` has it; null where another has it. */
type WhileLocked = (lock: object | null) => Promise<void> | undefined;

/** A browser's storage and locks, in memory, of which a page can be killed. */
export class PageStorage {
  private locked = new Map<string, object>();
  private connections = new Set<IDBDatabase>();
  private readonly dead = new WeakMap<IDBDatabase, string>();

  /** An empty one, for all that runs from now on. */
  constructor() {
    globalThis.indexedDB = new IDBFactory();
    const {locked} = this;
    const request = async (name: string, _: object, use: WhileLocked): Promise<void> => {
      if (locked.has(name)) {
        await use(null);
        return;
      }
      const lock = {name};
      locked.set(name, lock);
      await use(lock);
      if (locked.get(name) === lock) locked.delete(name);
    };
    Object.defineProperty(globalThis, 'navigator', {value: {locks: {request}}, configurable: true});
    this.watchConnections();
  }

  /** The page ends: what it has not begun to write never is written, and its locks are free. */
  kill(): void {
    for (const connection of this.connections) this.dead.set(connection, 'the page was killed');
    this.connections.clear();
    this.locked.clear();
  }

  /** The disk is full. */
  failWrites(): void {
    for (const connection of this.connections) this.dead.set(connection, 'QuotaExceededError');
  }

  private watchConnections(): void {
    const {connections, dead} = this;
    const prototype = globalThis.IDBDatabase.prototype;
    const begin = TRANSACTION;
    prototype.transaction = function (this: IDBDatabase, ...args: Parameters<IDBDatabase['transaction']>) {
      const why = dead.get(this);
      if (why !== undefined) throw new Error(why);
      connections.add(this);
      return begin.apply(this, args);
    };
  }
}

const TRANSACTION = Reflect.get(globalThis.IDBDatabase.prototype, 'transaction');
