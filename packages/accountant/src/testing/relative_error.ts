/** |value - truth| / |truth|; 0 when both are the same number, infinities and zeros included. */
export function relativeError(value: number, truth: number): number {
  return Object.is(value, truth) || value === truth ? 0 : Math.abs(value - truth) / Math.abs(truth);
}
