/** log(exp(x) - 1) for x >= 0, exact for tiny x and without overflow for large x. */
export function logExpm1(x: number): number {
  return x < 1 ? Math.log(Math.expm1(x)) : x + Math.log1p(-Math.exp(-x));
}
