/** log(exp(a) + exp(b)) without overflow. `-Infinity` is the logarithm of zero. */
export function logAdd(a: number, b: number): number {
  const larger = Math.max(a, b);
  if (!Number.isFinite(larger)) return larger;
  return larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
}
