/**
 * What the WebAssembly module exports: the functions of `assembly/`, documented there. Addresses and strides
 * count bytes; `add` is 0 (overwrite) or 1 (add to what is there). A test holds this list against the module.
 */
export interface KernelExports {
  filterGradient(
    x: number,
    ys: number,
    zs: number,
    yStride: number,
    zStride: number,
    runs: number,
    run: number,
    runStride: number,
    d: number,
    columns: number,
    out: number,
    panel: number,
    add: number,
  ): void;
  copyImage(
    source: number,
    target: number,
    rows: number,
    rowBytes: number,
    sourceStride: number,
    targetStride: number,
  ): void;
  columnSums(d: number, rows: number, columns: number, out: number, add: number): void;
  sumOfSquares(a: number, n: number): number;
  accumulate(a: number, n: number, scale: number, sums: number): void;
  accumulateOuter(x: number, rows: number, d: number, columns: number, scale: number, sums: number): void;
}
