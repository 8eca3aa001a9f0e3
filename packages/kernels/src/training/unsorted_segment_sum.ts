import {UnsortedSegmentSum, util, type UnsortedSegmentSumAttrs} from '@tensorflow/tfjs-core';
import {input, type TrainingKernel} from './kernel.js';

/** The gradient of a gather (an embedding), which the wasm backend lacks. Ids outside [0, numSegments) are dropped. */
export const unsortedSegmentSum: TrainingKernel = {
  kernelName: UnsortedSegmentSum,
  run: (call) => {
    const {memory} = call;
    const x = input(call, 'x');
    const segmentIds = input(call, 'segmentIds');
    const {numSegments} = call.attrs as unknown as UnsortedSegmentSumAttrs;
    const [rows, ...inner] = x.shape;
    if (rows === undefined || segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
      throw new Error(
        `unsortedSegmentSum on wasm: segmentIds must have the shape [${rows ?? ''}], one id for each entry of ` +
          `x's first axis, got [${segmentIds.shape.join()}]`,
      );
    }
    const out = memory.output([numSegments, ...inner]);
    memory.kernels.segmentSum(
      memory.address(x),
      memory.address(segmentIds, 'int32'),
      rows,
      util.sizeFromShape(inner),
      memory.address(out),
      numSegments,
    );
    return out;
  },
};
