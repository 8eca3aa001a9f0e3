export {openLedgerFile, type LedgerFile, type LedgerFileOptions} from './ledger_file.js';
