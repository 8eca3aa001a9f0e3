import type {NeighbouringRelation} from '@dp/accountant';

import type {LedgerRow} from '../account/ledger_row.js';
import type {Sampling} from '../account/sampling.js';
import type {PrivacySpent} from '../account/spent.js';
import type {Range, ReleaseSummary} from './releases.js';

/** Whose data a guarantee is about. */
export type PrivacyUnit = 'example' | 'user';

/** What two neighbouring data sets differ in. */
export function relationText(relation: NeighbouringRelation, unit: PrivacyUnit): string {
  const one = unit === 'user' ? 'one user, with all of her examples,' : 'one example';
  const change: {readonly [R in NeighbouringRelation]: string} = {
    addOrRemoveOne: 'is added or removed',
    replaceOne: 'is replaced by another',
    replaceSpecial: 'is blanked out (it contributes nothing)',
  };
  return `${one} ${change[relation]}`;
}

/** Users are what is sampled, or what examples are capped by; else an example stands for itself. */
const UNITS: {readonly [K in Sampling['kind']]: PrivacyUnit} = {
  unknown: 'example',
  poisson: 'example',
  truncatedPoisson: 'example',
  poissonUsers: 'user',
  poissonCappedUsers: 'user',
  shuffle: 'example',
  fixed: 'example',
  stream: 'example',
  all: 'example',
};

export function unitOf(rows: readonly LedgerRow[]): PrivacyUnit {
  return rows.some(({sampling}) => UNITS[sampling.kind] === 'user') ? 'user' : 'example';
}

const WHAT: {readonly [K in LedgerRow['what']]: string} = {
  gradientSum: 'sums of clipped gradients',
  belowClipCount: 'counts of gradients below the clip norm',
  accuracyCount: 'counts of right predictions',
};

const MECHANISMS: {readonly [K in LedgerRow['mechanism']['kind']]: string} = {
  gaussian: 'Gaussian noise, fresh for each',
  tree: 'Gaussian noise of binary trees (DP-FTRL)',
};

/** What no epsilon of this library covers (privacy rule 19). */
export const NOT_COVERED: readonly string[] = [
  'training loss and training metrics, norms of gradients, sizes of Poisson-sampled batches, and times, wherever they were shown',
  'what was computed from the examples before training: normalisation constants, vocabularies, the choice of hyperparameters',
  'other runs on the same examples: their epsilons add up',
  'somebody who can read the memory of the machine that trained, or measure its time',
];

/** One group of releases, as a sentence. */
export function releaseText(summary: ReleaseSummary): string {
  const {what, optimizer, mechanism, sampling, releases, clipping, microbatchSize, divisor} = summary;
  const group = microbatchSize > 1 ? `, microbatches of ${microbatchSize}` : '';
  return (
    `${releases} ${WHAT[what]} by ${optimizer}: ${MECHANISMS[mechanism]}, noise multiplier ${rangeText(summary.noiseMultiplier)}, ` +
    `clip norm ${rangeText(summary.l2NormClip)} (${clipping}${group}), divided by ${divisor}, sampling: ${sampling}`
  );
}

/** The guarantee, as a sentence. */
export function guaranteeText(spent: PrivacySpent): string {
  const {epsilon, delta, epsilonLower, method, secure, randomness} = spent;
  if (epsilon === Infinity) return `no epsilon holds at delta = ${delta}`;
  const lower = epsilonLower === undefined ? '' : `, and no proof can give less than ${short(epsilonLower)}`;
  const bound = `epsilon = ${short(epsilon)} at delta = ${delta} (an upper bound, by ${method}${lower})`;
  if (secure) return bound;
  return randomness.noise === 'secure'
    ? `only against whoever cannot know who was drawn: ${bound}`
    : `none, since the noise is not secret; with secure noise it would be ${bound}`;
}

function rangeText({least, largest}: Range): string {
  return least === largest ? short(least) : `${short(least)} to ${short(largest)}`;
}

/** Rounded up: a bound stays one. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : 3 - Math.floor(Math.log10(Math.abs(value)));
  const scale = 10 ** Math.min(Math.max(digits, 0), 15);
  return String(Math.ceil(value * scale - 1e-9) / scale);
}
