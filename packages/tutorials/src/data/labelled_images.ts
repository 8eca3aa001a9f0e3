/** Pictures of 28 x 28 pixels and the digits that they show. */
export interface LabelledImages {
  /** Grey levels 0 (background) to 255, `numExamples * 784`, row by row. */
  readonly images: Uint8Array;
  /** Digits 0 to 9, one an example. */
  readonly labels: Uint8Array;
  readonly numExamples: number;
}
