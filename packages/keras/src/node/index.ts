export {openRun, type CheckpointOptions, type RunFolder} from './run_folder.js';
export {progressBar, type ProgressBarOptions} from './progress_bar.js';
export {tensorBoard, type TensorBoardOptions} from './tensorboard/callback.js';
