export {openRun, type CheckpointOptions, type RunFolder} from './run_folder.js';
