// Looked up once: in a sandbox, such as a test runner's, each look-up of a global costs more than the function.
const {PI, cos: cosine, sin: sine} = Math;

/** Complex roots of unity: `cos[k] + i sin[k]` = exp(2 pi i k / size), k = 0 ... size - 1, each within one rounding. */
export interface RootsOfUnity {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

let latest: RootsOfUnity | undefined;

/**
 * The roots of unity of a power of two >= 8, from angles of at most pi / 4 so that no argument loses digits. The latest
 * table is kept, since transforms of one size follow each other.
 */
export function rootsOfUnity(size: number): RootsOfUnity {
  if (latest?.cos.length !== size) latest = table(size);
  return latest;
}

function table(size: number): RootsOfUnity {
  const cos = new Float64Array(size);
  const sin = new Float64Array(size);
  const quarter = size / 4;
  for (let k = 0; k <= size / 8; k++) {
    const angle = (2 * PI * k) / size;
    const c = cosine(angle);
    const s = sine(angle);
    for (const [at, x, y] of [
      [k, c, s],
      [quarter - k, s, c],
    ] as const) {
      const around = [x, y, -y, x, -x, -y, y, -x];
      for (let turn = 0; turn < 4; turn++) {
        const index = (at + turn * quarter) % size;
        cos[index] = around[2 * turn] as number;
        sin[index] = around[2 * turn + 1] as number;
      }
    }
  }
  return {cos, sin};
}

/**
 * The discrete Fourier transform X_k = sum over j of x_j exp(-2 pi i j k / size) in place, of a power-of-two length
 * (Cooley and Tukey 1965, radix 2).
 *
 * Each of its log2(size) levels adds a relative error of at most 5 * 2^-53, so an output is off by at most
 * `fftError(size)` times the sum of |x_j|.
 */
export function fft(re: Float64Array, im: Float64Array, roots: RootsOfUnity): void {
  const size = re.length;
  reverseBits(re, im);
  const {cos, sin} = roots;
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let i = start, t = 0; i < start + half; i++, t += stride) {
        const j = i + half;
        const c = cos[t] as number;
        const s = sin[t] as number;
        const xr = re[j] as number;
        const xi = im[j] as number;
        const yr = xr * c + xi * s;
        const yi = xi * c - xr * s;
        const ar = re[i] as number;
        const ai = im[i] as number;
        re[j] = ar - yr;
        im[j] = ai - yi;
        re[i] = ar + yr;
        im[i] = ai + yi;
      }
    }
  }
}

/** A bound on the rounding error of `fft`, relative to the sum of the absolute values of its input. */
export function fftError(size: number): number {
  return 6 * 2 ** -53 * Math.log2(size);
}

function reverseBits(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const r = re[i] as number;
      re[i] = re[j] as number;
      re[j] = r;
      const m = im[i] as number;
      im[i] = im[j] as number;
      im[j] = m;
    }
  }
}
