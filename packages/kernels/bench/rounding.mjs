// Rounding and adding scaled gradients, several examples together in float32 and 32-bit integers, and one by one in float64:
// node packages/kernels/bench/rounding.mjs (after npm run build).
import {instantiateKernels} from '../dist/instantiate.js';
import {best} from './measure.mjs';

const EXAMPLES = 64;
const memory = new WebAssembly.Memory({initial: 300});
const kernels = instantiateKernels(memory);
let next = 1024;
const take = (bytes) => {
  const address = next;
  next += Math.ceil(bytes / 64) * 64 + 64;
  return address;
};
const place = (values) => {
  const address = take(values.byteLength);
  new values.constructor(memory.buffer, address, values.length).set(values);
  return address;
};
const normals = (n) => place(Float32Array.from({length: n}, (_, i) => Math.sin(i)));
const print = (title, milliseconds, coordinates) =>
  console.log(`${title.padEnd(44)} ${((milliseconds * 1e6) / coordinates).toFixed(3)} ns a coordinate`);

const examples = place(Uint32Array.from({length: EXAMPLES}, (_, i) => i));
const scales = place(new Float32Array(EXAMPLES).fill(1e5));

for (const [rows, columns] of [
  [512, 32],
  [784, 512],
]) {
  const [x, d, sums] = [normals(EXAMPLES * rows), normals(EXAMPLES * columns), take(8 * rows * columns)];
  const scratch = take(kernels.addRoundedOutersScratch(columns, EXAMPLES));
  const together = best(
    () => kernels.addRoundedOuters(x, rows, d, columns, examples, scales, EXAMPLES, sums, scratch),
    200,
  );
  const alone = best(() => {
    for (let e = 0; e < EXAMPLES; e++)
      kernels.accumulateOuter(x + e * rows * 4, rows, d + e * columns * 4, columns, 1e5, sums);
  }, 200);
  print(`outer product ${rows} x ${columns}, ${EXAMPLES} together`, together, EXAMPLES * rows * columns);
  print(`outer product ${rows} x ${columns}, one by one`, alone, EXAMPLES * rows * columns);
}

const [size, count] = [8192, 8];
const stride = size * 4 + 64;
const [gradients, sums] = [normals((count * stride) / 4), take(8 * size)];
print(
  `formed, ${size} coordinates, ${count} together`,
  best(() => kernels.addRoundedRows(gradients, size, stride, count, scales, sums), 500),
  size * count,
);
print(
  `formed, ${size} coordinates, one by one`,
  best(() => kernels.accumulate(gradients, size, 1e5, sums), 500),
  size,
);
