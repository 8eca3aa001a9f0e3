import type {Contribution, PerExampleParameter} from '../clip_and_sum/contribution.js';

/** One example's gradient of one parameter in float64, by the definition and nothing but loops. */
export function referenceGradient({size, contributions}: PerExampleParameter, example: number): Float64Array {
  const gradient = new Float64Array(size);
  for (const contribution of contributions) addGradient(contribution, example, gradient);
  return gradient;
}

function addGradient(contribution: Contribution, example: number, gradient: Float64Array): void {
  const dy = contribution.dy.dataSync<'float32'>();
  if (contribution.kind === 'sum') {
    const [, positions, n] = contribution.dy.shape as [number, number, number];
    for (let p = 0; p < positions; p++) {
      for (let j = 0; j < n; j++) gradient[j]! += dy[(example * positions + p) * n + j]!;
    }
    return;
  }
  const x = contribution.x.dataSync<'float32'>();
  if (contribution.kind === 'dense') {
    const [, positions, rows] = contribution.x.shape as [number, number, number];
    const columns = contribution.dy.shape[2]!;
    for (let t = 0; t < positions; t++) {
      for (let k = 0; k < rows; k++) {
        for (let f = 0; f < columns; f++) {
          const at = example * positions + t;
          gradient[k * columns + f]! += x[at * rows + k]! * dy[at * columns + f]!;
        }
      }
    }
    return;
  }
  const [, height, width, channels] = contribution.x.shape as [number, number, number, number];
  const [, outHeight, outWidth, filters] = contribution.dy.shape as [number, number, number, number];
  const {filterShape, strides, padTop, padLeft} = contribution;
  const [filterHeight, filterWidth] = filterShape;
  for (let y = 0; y < outHeight; y++) {
    for (let z = 0; z < outWidth; z++) {
      for (let i = 0; i < filterHeight; i++) {
        for (let j = 0; j < filterWidth; j++) {
          const row = y * strides[0] + i - padTop;
          const column = z * strides[1] + j - padLeft;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          for (let c = 0; c < channels; c++) {
            const value = x[((example * height + row) * width + column) * channels + c]!;
            for (let f = 0; f < filters; f++) {
              gradient[((i * filterWidth + j) * channels + c) * filters + f]! +=
                value * dy[((example * outHeight + y) * outWidth + z) * filters + f]!;
            }
          }
        }
      }
    }
  }
}

/** Rounds to the nearest integer, ties to even. */
export function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
