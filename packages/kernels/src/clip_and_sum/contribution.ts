import type {Tensor} from '@tensorflow/tfjs-core';

/** x: [B, T, K], dy: [B, T, N]; gradient [K, N] = sum over t of x_t^T dy_t. */
export interface DenseContribution {
  readonly kind: 'dense';
  readonly x: Tensor;
  readonly dy: Tensor;
}

/** What the convolutions' contributions have in common. */
export interface ConvolutionImages {
  /** [B * T, ...spatial, C], channels last. */
  readonly x: Tensor;
  /** [B * T, ...spatial, F]; padding behind, below and right is implied by its size. */
  readonly dy: Tensor;
  /** T: example i owns the images i * T to i * T + T - 1. Default 1. */
  readonly imagesPerExample?: number;
}

/** x: [B * T, H, W, C], dy: [B * T, OH, OW, F]; gradient [kh, kw, C, F]. */
export interface Conv2dContribution extends ConvolutionImages {
  readonly kind: 'conv2d';
  readonly filterShape: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  readonly padTop: number;
  readonly padLeft: number;
}

/** x: [B * T, D, H, W, C], dy: [B * T, OD, OH, OW, F]; gradient [kd, kh, kw, C, F]. */
export interface Conv3dContribution extends ConvolutionImages {
  readonly kind: 'conv3d';
  readonly filterShape: readonly [number, number, number, number, number];
  readonly strides: readonly [number, number, number];
  readonly padFront: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** x: [B * T, H, W, C], dy: [B * T, OH, OW, C * M]; gradient [kh, kw, C, M]. */
export interface DepthwiseConv2dContribution extends ConvolutionImages {
  readonly kind: 'depthwiseConv2d';
  readonly filterShape: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  readonly padTop: number;
  readonly padLeft: number;
}

/**
 * indices: int32 [B, T], dy: [B, T, d]; gradient [rows, d] = for each t, dy_t added to row indices[t]. An example
 * with an index below 0 or from `rows` on counts as not finite: its norm is NaN, and no error tells of it.
 */
export interface EmbeddingContribution {
  readonly kind: 'embedding';
  readonly indices: Tensor;
  readonly dy: Tensor;
  readonly rows: number;
}

/** dy: [B, P, n]; gradient [n] = sum over p of dy_p: biases, and explicit gradients with P = 1. */
export interface SumContribution {
  readonly kind: 'sum';
  readonly dy: Tensor;
}

/**
 * One use of a parameter in the forward pass: example i's gradient is formed from row i of these tensors. All hold
 * sensitive data; they are float32 but for indices; examples come first, channels last.
 */
export type Contribution =
  | DenseContribution
  | Conv2dContribution
  | Conv3dContribution
  | DepthwiseConv2dContribution
  | EmbeddingContribution
  | SumContribution;

/** A trainable variable: its number of coordinates, and every use of it (added before the norm is taken). */
export interface PerExampleParameter {
  readonly size: number;
  readonly contributions: readonly Contribution[];
}
