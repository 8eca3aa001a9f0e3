/** How a Renyi guarantee is turned into epsilon and delta. */
export interface Conversion {
  /** The epsilon that `rdp` nats at `order` give at `delta`; may be negative, which means 0. */
  readonly epsilon: (order: number, rdp: number, delta: number) => number;
  /** The natural logarithm of the delta that `rdp` nats at `order` give at `epsilon`; may be above 0, which means 1. */
  readonly logDelta: (order: number, rdp: number, epsilon: number) => number;
}

/** Mironov 2017, Proposition 3: epsilon = rdp + ln(1 / delta) / (alpha - 1). What TensorFlow Privacy's tutorials print. */
const CLASSIC: Conversion = {
  epsilon: (order, rdp, delta) => (rdp === 0 ? 0 : rdp - Math.log(delta) / (order - 1)),
  logDelta: (order, rdp, epsilon) => (rdp === 0 ? -Infinity : (order - 1) * (rdp - epsilon)),
};

/**
 * Canonne, Kamath and Steinke 2020, Proposition 12 (and Balle et al. 2020, Theorem 21):
 * epsilon = rdp + ln(1 - 1 / alpha) - ln(delta alpha) / (alpha - 1). Besides, rdp bounds the Kullback-Leibler divergence
 * and so the total variation: delta^2 <= 1 - e^-rdp at epsilon = 0 (Bretagnolle and Huber 1979).
 */
const IMPROVED: Conversion = {
  epsilon: (order, rdp, delta) =>
    delta * delta + Math.expm1(-rdp) > 0
      ? 0
      : rdp + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1),
  logDelta: (order, rdp, epsilon) =>
    Math.min(
      Math.log(-Math.expm1(-rdp)) / 2,
      (order - 1) * (rdp - epsilon + Math.log1p(-1 / order)) - Math.log(order),
    ),
};

/** Both conversions, by name. */
export const CONVERSIONS = Object.freeze({improved: IMPROVED, classic: CLASSIC});

/** `'improved'` is never worse than `'classic'`, which is there to compare with older publications. */
export type ConversionName = keyof typeof CONVERSIONS;

/** An epsilon in nats and the Renyi order that gave it. */
export interface OptimalEpsilon {
  readonly epsilon: number;
  readonly optimalOrder: number;
}

/** The smallest epsilon over all orders of `rdp` (orders to nats), at the first order that reaches it. */
export function optimalEpsilon(
  conversion: ConversionName,
  rdp: ReadonlyMap<number, number>,
  delta: number,
): OptimalEpsilon {
  let best: OptimalEpsilon | undefined;
  for (const [optimalOrder, nats] of rdp) {
    const epsilon = Math.max(0, CONVERSIONS[conversion].epsilon(optimalOrder, nats, delta));
    if (best === undefined || epsilon < best.epsilon) best = {epsilon, optimalOrder};
  }
  if (best === undefined) throw new RangeError('rdp must hold at least one order, got none');
  return best;
}
