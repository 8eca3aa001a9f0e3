export {accumulate, accumulateOuter, columnSums, sumOfSquares} from './clip_and_sum';
export {convInputGradient, convInputGradientScratch} from './conv_input_gradient';
export {addDepthwiseFilterGradient, depthwiseFilterGradient, depthwiseInputGradient} from './depthwise';
export {accumulateRows, addEmbeddingGradient, clearSlots, groupRows} from './embedding';
export {filterGradient, filterGradientScratch} from './filter_gradient';
export {copyImage} from './image';
export {matMul, matMulScratch} from './mat_mul';
export {maxPoolGrad} from './max_pool_grad';
export {segmentSum} from './segment_sum';
