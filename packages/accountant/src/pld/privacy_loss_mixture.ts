import type {LossDensity, PrivacyLoss} from './privacy_loss.js';

/** One of the losses of a mixture, met with probability `weight` > 0. */
export interface WeightedLoss {
  readonly weight: number;
  readonly loss: PrivacyLoss;
}

/**
 * The loss where one of several pairs is met, each with the same probability under P and Q, and which of them is seen by
 * everybody: that can only make it easier to tell P from Q (joint convexity of the hockey-stick divergence).
 *
 * @param infinite - probability of infinite loss beside these; all weights and this add up to 1.
 * @param massError - relative error of the weights and of what the losses were made from.
 */
export function mixtureOfLosses(
  parts: readonly WeightedLoss[],
  infinite: number,
  massError: number,
): PrivacyLoss {
  return {
    atoms: parts.flatMap(({weight, loss: {atoms}}) =>
      atoms.map(({loss, mass}) => ({loss, mass: weight * mass})),
    ),
    densities: parts.flatMap(({weight, loss: {densities}}) =>
      densities.map((density) => scaled(density, weight)),
    ),
    infinite: parts.reduce((sum, {weight, loss}) => sum + weight * loss.infinite, infinite),
    massError,
  };
}

function scaled(density: LossDensity, weight: number): LossDensity {
  return {
    ...density,
    density: (x, loss) => weight * density.density(x, loss),
    below: (x) => weight * density.below(x),
    above: (x) => weight * density.above(x),
    mass: weight,
    range: (logMass) => density.range(Math.min(0, logMass - Math.log(weight))),
  };
}
