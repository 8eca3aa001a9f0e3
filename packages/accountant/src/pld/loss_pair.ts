import type {Direction, PrivacyLoss} from './privacy_loss.js';

/** The privacy losses of one event, direction by direction. */
export interface LossPair {
  readonly losses: Readonly<Record<Direction, PrivacyLoss>>;
  /** Whether two neighbouring datasets attain the pair, so that a lower bound for the pair is one for the mechanism. */
  readonly attained: boolean;
  /** For a Gaussian from a Poisson sample: q and z. */
  readonly sampledGaussian?: {readonly samplingProbability: number; readonly noiseMultiplier: number};
}
