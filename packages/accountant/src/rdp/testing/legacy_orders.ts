/** The orders of TensorFlow Privacy's own, older accountant. */
export const LEGACY_ORDERS = [
  ...[1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4, 4.5],
  ...Array.from({length: 59}, (_, i) => 5 + i),
  ...[128, 256, 512],
];
