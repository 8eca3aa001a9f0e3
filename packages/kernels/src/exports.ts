/**
 * What the WebAssembly module exports: the functions of `assembly/`, documented there. Addresses and strides
 * count bytes; `add` is 0 (overwrite) or 1 (add to what is there). A test holds this list against the module.
 */
export interface KernelExports {
  filterGradientScratch(ys: number, zs: number): number;
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
    scratch: number,
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
  addRoundedRows(a: number, n: number, stride: number, count: number, scales: number, sums: number): void;
  addRoundedOutersScratch(columns: number, count: number): number;
  addRoundedOuters(
    x: number,
    rows: number,
    d: number,
    columns: number,
    examples: number,
    scales: number,
    count: number,
    sums: number,
    scratch: number,
  ): void;
  exp(a: number, n: number, out: number): void;
  tanh(a: number, n: number, out: number): void;
  lstmCell(
    z: number,
    gates: number,
    gatesStride: number,
    previous: number,
    previousStride: number,
    cells: number,
    out: number,
    stateStride: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  lstmCellGradient(
    gates: number,
    gatesStride: number,
    previous: number,
    previousStride: number,
    cells: number,
    stateStride: number,
    dy: number,
    dh: number,
    dc: number,
    dz: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  gruGates(
    u: number,
    gates: number,
    gatesStride: number,
    previous: number,
    previousStride: number,
    reset: number,
    resetStride: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  gruCandidate(
    u: number,
    gates: number,
    gatesStride: number,
    previous: number,
    previousStride: number,
    out: number,
    outStride: number,
    rows: number,
    units: number,
  ): void;
  gruCandidateGradient(
    gates: number,
    gatesStride: number,
    previous: number,
    previousStride: number,
    dy: number,
    dyStride: number,
    dh: number,
    d: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  gruGatesGradient(
    gates: number,
    gatesStride: number,
    previous: number,
    previousStride: number,
    dr: number,
    dh: number,
    d: number,
    rows: number,
    units: number,
    hard: number,
  ): void;
  matMulScratch(rows: number, depth: number): number;
  matMul(
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bStep: number,
    bColumn: number,
    out: number,
    rows: number,
    columns: number,
    depth: number,
    scratch: number,
    add: number,
  ): void;
  filterPanelsSize(window: number, filters: number): number;
  packFilter(w: number, window: number, filters: number, panels: number): void;
  conv2dScratch(window: number): number;
  conv2d(
    x: number,
    batch: number,
    outHeight: number,
    outWidth: number,
    image: number,
    strideY: number,
    strideX: number,
    row: number,
    runs: number,
    run: number,
    panels: number,
    filters: number,
    bias: number,
    relu: number,
    out: number,
    scratch: number,
  ): void;
  convInputGradientScratch(window: number, filters: number): number;
  convInputGradient(
    dy: number,
    w: number,
    dx: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    filters: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    padTop: number,
    padLeft: number,
    scratch: number,
  ): void;
  maxPoolGrad(
    x: number,
    dy: number,
    dx: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    padTop: number,
    padLeft: number,
  ): void;
  segmentSum(x: number, ids: number, rows: number, width: number, out: number, segments: number): void;
  depthwiseFilterGradient(
    x: number,
    dy: number,
    dw: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    multiplier: number,
    outHeight: number,
    outWidth: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    padTop: number,
    padLeft: number,
  ): void;
  addDepthwiseFilterGradient(
    x: number,
    dy: number,
    dw: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    multiplier: number,
    outHeight: number,
    outWidth: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    padTop: number,
    padLeft: number,
  ): void;
  depthwiseInputGradient(
    dy: number,
    w: number,
    dx: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    multiplier: number,
    outHeight: number,
    outWidth: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    padTop: number,
    padLeft: number,
  ): void;
  addEmbeddingGradient(
    ids: number,
    d: number,
    positions: number,
    width: number,
    out: number,
    rows: number,
  ): void;
  groupRows(
    ids: number,
    d: number,
    positions: number,
    width: number,
    rows: number,
    slots: number,
    distinct: number,
    grouped: number,
    used: number,
  ): number;
  clearSlots(slots: number, distinct: number, used: number): void;
  accumulateRows(
    grouped: number,
    distinct: number,
    used: number,
    width: number,
    scale: number,
    sums: number,
  ): void;
}
