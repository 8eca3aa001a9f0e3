import type {Tensor} from '@tensorflow/tfjs-core';

/** x: [B, T, K], dy: [B, T, N]; gradient [K, N] = sum over t of x_t^T dy_t. */
export interface DenseContribution {
  readonly kind: 'dense';
  readonly x: Tensor;
  readonly dy: Tensor;
}

/** x: [B, H, W, C], dy: [B, OH, OW, F]; gradient [kh, kw, C, F]. Padding below and right is implied. */
export interface Conv2dContribution {
  readonly kind: 'conv2d';
  readonly x: Tensor;
  readonly dy: Tensor;
  readonly filterShape: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  readonly padTop: number;
  readonly padLeft: number;
}

/** dy: [B, P, n]; gradient [n] = sum over p of dy_p: biases, and explicit gradients with P = 1. */
export interface SumContribution {
  readonly kind: 'sum';
  readonly dy: Tensor;
}

/**
 * One use of a parameter in the forward pass: example i's gradient is formed from row i of these tensors. All
 * are float32 and hold sensitive data; examples come first, channels last.
 */
export type Contribution = DenseContribution | Conv2dContribution | SumContribution;

/** A trainable variable: its number of coordinates, and every use of it (added before the norm is taken). */
export interface PerExampleParameter {
  readonly size: number;
  readonly contributions: readonly Contribution[];
}
