export {openIndexedDbLedger, type IndexedDbLedger, type IndexedDbLedgerOptions} from './indexed_db_ledger.js';
