import {boundedInteger, secureSource, WordReader} from '@dp/random';

import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {exposureByExtrapolation, exposureByRank} from './exposure.js';
import type {SecretSharerSubject, TrainedLanguageModel} from './subject.js';

/** Options of `auditExposure`. */
export interface ExposureOptions {
  /** For each canary how many records hold it. Default: 1, 1, 1, 1, 4, 16. */
  readonly repeats?: readonly number[];
  /**
   * Secrets that each canary's is ranked among: the whole space if it has no more, and else so many at random. Default: 10,000.
   */
  readonly ranked?: number;
  /** The probability with which a right claim is refuted. Default: 1e-3. */
  readonly falseAlarmRate?: number;
}

/** How much a model gives away of a secret that was planted. */
export interface CanaryExposure {
  readonly repeats: number;
  /** In bits, by rank. */
  readonly exposure: number;
  /** In bits, by the skew-normal that fits the others: it may be larger than the space allows to be seen by rank. */
  readonly extrapolated: number;
  /** Distance of Kolmogorov and Smirnov of that fit. */
  readonly fitDistance: number;
}

/** What the planted secrets show. */
export interface ExposureReport {
  readonly canaries: readonly CanaryExposure[];
  /** The largest exposure by rank that there can be: bits of what was ranked. */
  readonly mostBits: number;
  readonly claim: TrainedLanguageModel['claim'];
  /** The exposure of canaries that one record holds, under the claim. Empty for training that claims nothing. */
  readonly results: readonly AuditResult[];
}

/**
 * The secret sharer (Carlini et al. 2019): plants random secrets into the training text and asks how much likelier the model finds
 * them than other secrets that might have been planted. A model that was not trained on a secret ranks it at random, so under
 * (epsilon, delta) for one record an exposure of t bits has at most the probability e^epsilon 2^-t + delta.
 *
 * @throws AuditError for perplexities that are missing or not finite.
 */
export async function auditExposure(
  subject: SecretSharerSubject,
  {repeats = [1, 1, 1, 1, 4, 16], ranked = 10_000, falseAlarmRate = 1e-3}: ExposureOptions = {},
): Promise<ExposureReport> {
  const words = new WordReader(secureSource(), 256);
  const draw = (): number => boundedInteger(subject.numSecrets, words);
  const secrets = repeats.map(draw);
  const planted = repeats.flatMap((times, canary) =>
    Array.from({length: times}, () => subject.sequence(canary, secrets[canary] as number)),
  );
  const {logPerplexities, claim} = await subject.train(planted);
  const canaries: CanaryExposure[] = [];
  for (const [canary, times] of repeats.entries()) {
    const secret = secrets[canary] as number;
    const others = otherSecrets(subject.numSecrets, secret, ranked - 1, draw);
    const asked = [secret, ...others].map((own) => subject.sequence(canary, own));
    const [own = NaN, ...rest] = Array.from(await logPerplexities(asked));
    if (rest.length !== others.length || !Number.isFinite(own) || !rest.every(Number.isFinite)) {
      throw new AuditError(`logPerplexities must return ${asked.length} finite numbers`);
    }
    const sample = Float64Array.from(rest);
    const {exposure: extrapolated, distance} = exposureByExtrapolation(own, sample);
    canaries.push({
      repeats: times,
      exposure: exposureByRank(own, sample),
      extrapolated,
      fitDistance: distance,
    });
  }
  const mostBits = Math.log2(Math.min(ranked, subject.numSecrets));
  const single = canaries.filter((canary) => canary.repeats === 1).map(({exposure}) => exposure);
  const results = claim === undefined ? [] : [heldAgainst(single, claim, falseAlarmRate)];
  return {canaries, mostBits, claim, results};
}

/** All other secrets, or some at random if there are too many. */
function otherSecrets(numSecrets: number, secret: number, most: number, draw: () => number): number[] {
  if (numSecrets - 1 <= most) {
    return Array.from({length: numSecrets}, (_, own) => own).filter((own) => own !== secret);
  }
  const others = new Set<number>();
  while (others.size < most) {
    const own = draw();
    if (own !== secret) others.add(own);
  }
  return [...others];
}

function heldAgainst(
  exposures: readonly number[],
  {epsilon, delta}: {readonly epsilon: number; readonly delta: number},
  rate: number,
): AuditResult {
  const each = rate / exposures.length;
  if (!(each > delta)) {
    throw new AuditError(
      `the false-alarm rate of each of ${exposures.length} canaries must be above delta ${delta}, got ${each}`,
    );
  }
  return atMost({
    name: 'secret sharer: exposure',
    claim: `epsilon is at most ${epsilon.toFixed(3)} at delta ${delta}: no secret of one record is exposed by more bits`,
    measured: Math.max(0, ...exposures),
    bound: (epsilon - Math.log(each - delta)) / Math.LN2,
    detail: `the most of ${exposures.length} canaries that one record each holds`,
    falseAlarmRate: rate,
  });
}
