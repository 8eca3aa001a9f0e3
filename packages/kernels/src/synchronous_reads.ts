import {add, range, tidy, type KernelBackend} from '@tensorflow/tfjs-core';

/** Enough values that backends with a device compute them there. */
const PROBE = 4096;

const checked = new WeakSet<KernelBackend>();

/**
 * Checks once that values computed on the current backend can be read synchronously. The webgpu backend reads through a
 * canvas; where the browser cannot draw one (Chromium without a screen or graphics card), all values come out as zero, and
 * no error says so.
 *
 * @throws if they come out wrong.
 */
export function checkSynchronousReads(kernelBackend: KernelBackend, name: string): void {
  if (checked.has(kernelBackend)) return;
  const values = tidy(() => add(range(0, PROBE), 0.1).dataSync());
  // Not exact: what is looked for is values that are of something else.
  const wrong = values.findIndex((value, i) => !(Math.abs(value - i - 0.1) < 1e-3));
  if (wrong >= 0 || values.length !== PROBE) {
    throw new Error(
      `the ${name} backend returned ${values[wrong] ?? 'nothing'} for a computed value of ${wrong + 0.1} when read synchronously, ` +
        'as private gradients are: use the wasm or webgl backend here',
    );
  }
  checked.add(kernelBackend);
}
