/**
 * Puts the training kernels of this package on top of the current backend's own, if it is the wasm backend.
 * Does nothing otherwise, and nothing the second time.
 */
export function ensureTrainingKernels(): void {}
