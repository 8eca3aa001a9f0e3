/** A small linear congruential generator: repeatable test values, nothing else. */
export function generator(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Float32 values in (-1, 1). */
export function realValues(next: () => number, length: number): Float32Array {
  return Float32Array.from({length}, () => 2 * next() - 1);
}

/** Integers in [-3, 3]: sums of their products are exact in float32. */
export function smallIntegers(next: () => number, length: number): Float32Array {
  return Float32Array.from({length}, () => Math.floor(7 * next()) - 3);
}
