import {expect, test} from '@jest/globals';
import type {KernelExports} from './exports.js';
import {KERNELS_WASM_BASE64} from './generated/kernels_wasm.js';

const NAMES: Record<keyof KernelExports, true> = {
  accumulate: true,
  accumulateOuter: true,
  accumulateRows: true,
  addDepthwiseFilterGradient: true,
  addEmbeddingGradient: true,
  addRoundedOuters: true,
  addRoundedOutersScratch: true,
  addRoundedRows: true,
  clearSlots: true,
  columnSums: true,
  conv2d: true,
  conv2dScratch: true,
  convInputGradient: true,
  convInputGradientScratch: true,
  copyImage: true,
  depthwiseFilterGradient: true,
  depthwiseInputGradient: true,
  exp: true,
  filterGradient: true,
  filterGradientScratch: true,
  filterPanelsSize: true,
  groupRows: true,
  gruCandidate: true,
  gruCandidateGradient: true,
  gruGates: true,
  gruGatesGradient: true,
  lstmCell: true,
  lstmCellGradient: true,
  matMul: true,
  matMulScratch: true,
  maxPoolGrad: true,
  packFilter: true,
  segmentSum: true,
  sumOfSquares: true,
  tanh: true,
};

const module = new WebAssembly.Module(Buffer.from(KERNELS_WASM_BASE64, 'base64'));

test('the typed exports are those of the module, with memory beside them', () => {
  const names = WebAssembly.Module.exports(module).map(({name}) => name);
  expect(names.sort()).toEqual([...Object.keys(NAMES), 'memory'].sort());
});

test('the module imports a memory and nothing else', () => {
  expect(WebAssembly.Module.imports(module)).toEqual([{module: 'env', name: 'memory', kind: 'memory'}]);
});
