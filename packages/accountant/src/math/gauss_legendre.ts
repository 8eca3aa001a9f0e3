const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.31370664587788727, 0.22238103445337448, 0.10122853629037626];

/**
 * The integral of a smooth function over [from, from + length] by the 8-point Gauss-Legendre rule (exact up to degree 15).
 * The length is an argument of its own because it may be far below the rounding of the ends.
 */
export function gaussLegendre(f: (x: number) => number, from: number, length: number): number {
  const half = length / 2;
  const middle = from + half;
  let sum = 0;
  NODES.forEach((node, i) => {
    sum += (WEIGHTS[i] as number) * (f(middle - half * node) + f(middle + half * node));
  });
  return half * sum;
}
