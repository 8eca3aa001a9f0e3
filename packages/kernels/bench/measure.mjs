import * as tf from '@tensorflow/tfjs-core';

/** Milliseconds of the fastest of `runs` runs: other work on the machine only ever adds. */
export function best(f, runs = 20) {
  for (let i = 0; i < 3; i++) f();
  let least = Infinity;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    f();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/**
 * The fastest times of several functions, run in turns so that all of them meet the same disturbances; slow ones
 * stop after about three seconds.
 */
export function interleaved(functions, runs = 25) {
  const least = functions.map(() => Infinity);
  const deadline = performance.now() + 3000;
  for (let i = 0; i < runs && (i < 2 || performance.now() < deadline); i++) {
    functions.forEach((f, j) => {
      const start = performance.now();
      f();
      least[j] = Math.min(least[j], performance.now() - start);
    });
  }
  return least;
}

let seed = 1;
const uniform = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

/** Repeatable normal values; the kernels' speed does not depend on them. */
export function normal(shape) {
  const values = Float32Array.from(
    {length: shape.reduce((a, b) => a * b, 1)},
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  return tf.tensor(values, shape);
}
