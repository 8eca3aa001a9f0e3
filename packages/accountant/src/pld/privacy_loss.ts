/**
 * The privacy loss L = ln(P(o) / Q(o)) of one event in one direction, o drawn from P, where (P, Q) is the event's
 * dominating pair in that direction. It may have a density, single values of positive probability, or infinite loss.
 */
export interface PrivacyLoss {
  /** Single values. */
  readonly atoms: readonly LossAtom[];
  /** The continuous parts, whose masses add up. */
  readonly densities: readonly LossDensity[];
  /** P-probability of infinite loss. */
  readonly infinite: number;
  /** A number of which all finite values are multiples, if there is one: a grid that holds them makes no error. */
  readonly lattice?: number;
  /** Relative error of the masses and losses beyond a few roundings; 0 if left out. */
  readonly massError?: number;
}

/** P gives the `loss` the probability `mass`. */
export interface LossAtom {
  readonly loss: number;
  readonly mass: number;
}

/** A loss that is a smooth, rising function of a real outcome x. */
export interface LossDensity {
  /** L at x; nondecreasing. */
  readonly loss: (x: number) => number;
  /** The density of x under P, where the loss at x is known. */
  readonly density: (x: number, loss: number) => number;
  /** The x at which the loss is reached: -Infinity below the smallest loss, Infinity above the largest. */
  readonly position: (loss: number) => number;
  /** The least upper bound of the losses; Infinity if there is none. */
  readonly largest: number;
  /** How fast the logarithm of the integrand may change with x, for the choice of quadrature panels. */
  readonly roughness: (x: number) => number;
  /** P(X < x), or a bound above it. */
  readonly below: (x: number) => number;
  /** P(X > x), or a bound above it. */
  readonly above: (x: number) => number;
  /** An interval outside of which P has at most `mass` on either side, mass = exp(`logMass`). */
  readonly range: (logMass: number) => readonly [number, number];
  /** The mass of all outcomes together, if it may be small enough to be left out as a whole. */
  readonly mass?: number;
  /** An x at which the functions are continuous but not smooth, if there is one. */
  readonly kink?: number;
}

/** Direction in which a dominating pair is read: the record is there under P (`remove`) or only under Q (`add`). */
export type Direction = 'add' | 'remove';
