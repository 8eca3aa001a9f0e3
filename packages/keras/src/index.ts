export {type RandomAccessDataset} from './dataset.js';
export {fitSampled, type FitSampledOptions, type FitSampledResult, type StepReport} from './fit_sampled.js';
