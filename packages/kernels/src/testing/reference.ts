import type {
  Contribution,
  Conv2dContribution,
  Conv3dContribution,
  DepthwiseConv2dContribution,
  PerExampleParameter,
} from '../clip_and_sum/contribution.js';

/** One example's gradient of one parameter in float64, by the definition and nothing but loops. */
export function referenceGradient({size, contributions}: PerExampleParameter, example: number): Float64Array {
  const gradient = new Float64Array(size);
  for (const contribution of contributions) addGradient(contribution, example, gradient);
  return gradient;
}

function addGradient(contribution: Contribution, example: number, gradient: Float64Array): void {
  const dy = contribution.dy.dataSync<'float32'>();
  switch (contribution.kind) {
    case 'sum': {
      const [, positions, n] = contribution.dy.shape as [number, number, number];
      for (let p = 0; p < positions; p++) {
        for (let j = 0; j < n; j++) gradient[j]! += dy[(example * positions + p) * n + j]!;
      }
      return;
    }
    case 'dense': {
      const x = contribution.x.dataSync<'float32'>();
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
    case 'embedding': {
      const indices = contribution.indices.dataSync<'int32'>();
      const [, positions, width] = contribution.dy.shape as [number, number, number];
      for (let t = 0; t < positions; t++) {
        const at = example * positions + t;
        const row = indices[at]!;
        if (row < 0 || row >= contribution.rows) {
          gradient.fill(NaN);
          return;
        }
        for (let j = 0; j < width; j++) gradient[row * width + j]! += dy[at * width + j]!;
      }
      return;
    }
    default:
      addFilterGradient(contribution, example, gradient);
  }
}

function addFilterGradient(
  contribution: Conv2dContribution | Conv3dContribution | DepthwiseConv2dContribution,
  example: number,
  gradient: Float64Array,
): void {
  const x = contribution.x.dataSync<'float32'>();
  const dy = contribution.dy.dataSync<'float32'>();
  // In three dimensions, of which the first may be of size 1.
  const threeD = (shape: readonly number[]) =>
    [...Array<number>(5 - shape.length).fill(1), ...shape] as [number, number, number, number, number];
  const [, depth, height, width, channels] = threeD(contribution.x.shape.slice(1));
  const [, outDepth, outHeight, outWidth, outChannels] = threeD(contribution.dy.shape.slice(1));
  const [kd, kh, kw, , filters] = threeD(contribution.filterShape);
  const [, , sd, sh, sw] = threeD(contribution.strides);
  const padFront = contribution.kind === 'conv3d' ? contribution.padFront : 0;
  const images = contribution.imagesPerExample ?? 1;
  for (let image = example * images; image < (example + 1) * images; image++) {
    for (let o = 0; o < outDepth * outHeight * outWidth; o++) {
      const oz = Math.floor(o / (outHeight * outWidth));
      const oy = Math.floor(o / outWidth) % outHeight;
      const ox = o % outWidth;
      for (let k = 0; k < kd * kh * kw; k++) {
        const z = oz * sd + Math.floor(k / (kh * kw)) - padFront;
        const y = oy * sh + (Math.floor(k / kw) % kh) - contribution.padTop;
        const column = ox * sw + (k % kw) - contribution.padLeft;
        if (z < 0 || z >= depth || y < 0 || y >= height || column < 0 || column >= width) continue;
        const from = (((image * depth + z) * height + y) * width + column) * channels;
        const to = (image * outDepth * outHeight * outWidth + o) * outChannels;
        for (let c = 0; c < channels; c++) {
          for (let f = 0; f < filters; f++) {
            const out = contribution.kind === 'depthwiseConv2d' ? c * filters + f : f;
            gradient[(k * channels + c) * filters + f]! += x[from + c]! * dy[to + out]!;
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
