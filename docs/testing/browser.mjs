import 'fake-indexeddb/auto';
import {IDBFactory} from 'fake-indexeddb';

/** What a page finds in a browser: an IndexedDB that is empty, and Web Locks that nobody else holds. */
export function browser() {
  return {
    indexedDB: new IDBFactory(),
    navigator: {locks: {request: async (_name, _options, held) => held({})}},
  };
}
