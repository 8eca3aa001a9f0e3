import type {ConvGeometry} from './conv_geometry.js';
import type {Scope} from './scope.js';

/** Writes (or adds) to `out` the filter's gradient for one image at `x` and its output gradient at `dy`. */
export type FilterGradient = (x: number, dy: number, out: number, add: boolean) => void;

/** The part of an image that the windows cover, padding included: rows and columns beyond it are never read. */
export function filterFrame(g: ConvGeometry): {
  padded: boolean;
  height: number;
  width: number;
  bytes: number;
} {
  const height = (g.outHeight - 1) * g.strideHeight + g.filterHeight;
  const width = (g.outWidth - 1) * g.strideWidth + g.filterWidth;
  const padded = g.padTop > 0 || g.padLeft > 0 || height > g.height || width > g.width;
  return {
    padded,
    height,
    width,
    bytes: padded ? Math.max(0, height) * Math.max(0, width) * g.channels * 4 : 0,
  };
}

/** Prepares the scratch for {@link FilterGradient}: a zero-padded frame for one image, if it needs one. */
export function openFilterGradient(scope: Scope, g: ConvGeometry): FilterGradient {
  const {padded, height: frameHeight, width: frameWidth, bytes} = filterFrame(g);
  const pixel = g.channels * 4;
  const imageRow = g.width * pixel;
  const frameRow = frameWidth * pixel;
  const row = padded ? frameRow : imageRow;
  const rowsCopied = Math.max(0, Math.min(g.height, frameHeight - g.padTop));
  const columnsCopied = Math.max(0, Math.min(g.width, frameWidth - g.padLeft));

  // The frame's border is zeroed once, here; only its inside is ever written again.
  const frame = padded ? scope.allocate(bytes) : undefined;
  const {kernels} = scope;
  const scratch = scope.allocate(kernels.filterGradientScratch(g.outHeight, g.outWidth));

  return (x, dy, out, add) => {
    let image = x;
    if (frame !== undefined) {
      image = frame.address;
      const inside = image + g.padTop * frameRow + g.padLeft * pixel;
      kernels.copyImage(x, inside, rowsCopied, columnsCopied * pixel, imageRow, frameRow);
    }
    kernels.filterGradient(
      image,
      g.outHeight,
      g.outWidth,
      g.strideHeight * row,
      g.strideWidth * pixel,
      g.filterHeight,
      g.filterWidth * g.channels,
      row,
      dy,
      g.filters,
      out,
      scratch.address,
      Number(add),
    );
  };
}
