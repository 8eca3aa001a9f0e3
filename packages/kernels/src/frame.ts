import type {ConvGeometry} from './conv_geometry.js';
import type {Scope} from './scope.js';

/** The part of an image that a convolution's windows cover, padding included: rows and columns beyond it are never read. */
export function frameOf(g: ConvGeometry): {
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

/** Puts one image at a time where windows may reach beyond its borders. */
export interface Frame {
  /** Whether images are copied. */
  readonly padded: boolean;
  /** Bytes from one row to the next. */
  readonly row: number;
  /** The address at which the first window over the image at `x` begins: the image's own, or its copy's. */
  readonly place: (x: number) => number;
}

/** Prepares the scratch for one zero-padded image, if it needs one. */
export function openFrame(scope: Scope, g: ConvGeometry): Frame {
  const {padded, height: frameHeight, width: frameWidth, bytes} = frameOf(g);
  const pixel = g.channels * 4;
  const imageRow = g.width * pixel;
  if (!padded) return {padded, row: imageRow, place: (x) => x};
  const row = frameWidth * pixel;
  const rowsCopied = Math.max(0, Math.min(g.height, frameHeight - g.padTop));
  const columnsCopied = Math.max(0, Math.min(g.width, frameWidth - g.padLeft));
  // The frame's border is zeroed once, here; only its inside is ever written again.
  const frame = scope.allocate(bytes);
  return {
    padded,
    row,
    place: (x) => {
      const inside = frame.address + g.padTop * row + g.padLeft * pixel;
      scope.kernels.copyImage(x, inside, rowsCopied, columnsCopied * pixel, imageRow, row);
      return frame.address;
    },
  };
}
