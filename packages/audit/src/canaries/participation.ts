import {requireInteger, requireNumbers, requirePositive, requireProbability} from '../checks.js';
import {AuditError} from '../errors.js';

/**
 * What the steps of a run say about canaries of which each was drawn by each step with a small probability: the logarithm of the
 * likelihood ratio, added up over the steps. It is the best score there is where a canary's own gradient is known and nothing but
 * noise is added to it.
 */
export class ParticipationScores {
  readonly scores: Float64Array;

  /** @param canaries - How many there are. */
  constructor(canaries: number) {
    requireInteger('canaries', canaries, 1);
    this.scores = new Float64Array(canaries);
  }

  /**
   * Adds a step.
   *
   * @param seen - For each canary, the noisy sum along its own clipped gradient, over the clip norm: near 1 if it was drawn, and
   *   near 0 if not.
   * @param step - Of the ledger row: `samplingProbability`, and the noise's deviation over the clip norm.
   */
  add(
    seen: ArrayLike<number>,
    {samplingProbability: q, noiseMultiplier: z}: {samplingProbability: number; noiseMultiplier: number},
  ): void {
    requireProbability('samplingProbability', q);
    requirePositive('noiseMultiplier', z);
    requirePositive('noiseMultiplier ** 2', z * z);
    requireNumbers('seen', seen);
    const {scores} = this;
    if (seen.length !== scores.length)
      throw new AuditError(`seen must hold a sum for each of ${scores.length} canaries, got ${seen.length}`);
    for (let i = 0; i < scores.length; i++) {
      const drawn = Math.exp(((seen[i] as number) - 1 / 2) / (z * z));
      scores[i] = (scores[i] as number) + Math.log1p(q * (drawn - 1));
    }
  }
}
