export {filterGradient} from './filter_gradient';
export {copyImage} from './image';
export {columnSums, sumOfSquares, accumulate, accumulateOuter} from './clip_and_sum';
