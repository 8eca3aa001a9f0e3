import type {NewRow} from '../account/ledger.js';
import type {ForeseenRun} from '../account/ledger_account.js';
import type {ReleasingOptimizer} from '../account/ledger_row.js';
import {originOf} from '../account/randomness.js';
import type {AnnouncedRun} from '../account/sampler.js';
import {recordsPerGroup} from '../release_rows.js';
import type {TreeForecast} from '../tree/aggregation.js';
import type {CheckedPrivacyOptions, scheduledPrivacy} from './options.js';

/** What decides the coming releases of one optimizer. */
export interface ForeseenBy {
  /** Number of the first coming step. */
  readonly step: number;
  readonly optimizer: ReleasingOptimizer;
  readonly options: CheckedPrivacyOptions;
  readonly scheduled: ReturnType<typeof scheduledPrivacy>;
  /** The clip norm where it is adaptive. */
  readonly adaptedClip: number | undefined;
  readonly forecast: TreeForecast | undefined;
  /** D. */
  readonly numParameters: number;
}

/**
 * What coming steps will release, as one row each with everything that it costs, counted where steps are alike: as far as
 * sampling, noise, and a tree and its clip norm stay the same.
 *
 * @throws DpError INVALID_OPTION for a schedule that leaves its bounds, or a clip norm that changes within a tree; UNSUPPORTED
 *   for a sampling that trees have no account for.
 */
export function foreseenRuns(announced: readonly AnnouncedRun[], by: ForeseenBy): ForeseenRun[] {
  const {l2NormClip: clip, noiseMultiplier: noise} = by.scheduled;
  const {microbatchSize, numMicrobatches, randomSource} = by.options;
  const foreseen: ForeseenRun[] = [];
  let {step} = by;
  for (const {id, sampling, random, count: inRun} of announced) {
    for (let done = 0; done < inRun;) {
      const l2NormClip = by.adaptedClip ?? clip.foresee(step);
      const alike = noise.sameFor(step, clip.sameFor(step, inRun - done));
      const gaussian = {mechanism: {kind: 'gaussian'}, count: alike} as const;
      const {mechanism, count} = by.forecast?.(sampling, l2NormClip, alike) ?? gaussian;
      const row: NewRow = {
        what: 'gradientSum',
        optimizer: by.optimizer,
        step,
        mechanism,
        batchId: done === 0 ? id : `${id}+${done}`,
        sampling,
        noiseMultiplier: noise.foresee(step) / recordsPerGroup(microbatchSize),
        sensitivity: l2NormClip,
        l2NormClip,
        clipping: 'foreseen',
        microbatchSize,
        divisor: numMicrobatches,
        grid: 1,
        numParameters: by.numParameters,
        random: originOf(randomSource),
        ...(random && {samplerRandom: random}),
      };
      foreseen.push({row, count});
      done += count;
      step += count;
    }
  }
  return foreseen;
}
