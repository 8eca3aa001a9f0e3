// The README of @dp/kernels: activations and output gradients of a dense layer for a batch.
export default function setting({tf}) {
  const [K, N, B] = [4, 3, 8];
  const random = (shape, seed) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  return {K, N, B, x: random([B, 1, K], 1), dy: random([B, 1, N], 2), clip: 1, grid: 2 ** -20};
}
