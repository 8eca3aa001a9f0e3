export {createProgress, type Progress, type ProgressOptions, type ProgressUpdate} from './progress.js';
export {clock, withBar} from './line_text.js';
export {isLive, LiveLine} from './live_line.js';
export {Pace} from './pace.js';
