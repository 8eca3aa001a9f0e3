/**
 * Renyi differential privacy of one Gaussian release: alpha / (2 z^2), in nats (Mironov 2017, Corollary 3).
 *
 * @param noiseMultiplier - z >= 0; 0 gives infinity.
 * @param order - alpha > 1.
 */
export function gaussianRdp(noiseMultiplier: number, order: number): number {
  return order / (2 * noiseMultiplier * noiseMultiplier);
}
