import type {LedgerRow} from './ledger_row.js';
import {randomWarnings, type RandomUse} from './random_warnings.js';

/** What a run has spent, as far as a warning depends on it. */
interface Spent extends RandomUse {
  readonly epsilon: number;
  readonly delta: number;
}

/** Above this epsilon a guarantee promises little, below this noise multiplier there is hardly any. */
const LARGE_EPSILON = 10;
const LITTLE_NOISE = 0.3;

/** What is wrong with an epsilon, in words; undefined where nothing is. */
export function epsilonWarning({epsilon, delta}: Omit<Spent, keyof RandomUse>): string | undefined {
  if (epsilon <= LARGE_EPSILON) return undefined;
  if (epsilon === Infinity)
    return `No epsilon holds at delta ${delta}: something was released without noise.`;
  return (
    `Epsilon is ${epsilon.toPrecision(3)} at delta ${delta}, above ${LARGE_EPSILON}: a guarantee of this size promises little about any one example. ` +
    'Sample batches by Poisson (poissonSampler, or @dp/keras), add noise, or train for fewer steps.'
  );
}

/** What is wrong with a noise multiplier, in words; undefined where nothing is. */
export function noiseWarning(noiseMultiplier: number): string | undefined {
  if (noiseMultiplier >= LITTLE_NOISE) return undefined;
  if (noiseMultiplier === 0)
    return 'The noise multiplier is 0: gradients are clipped, but nothing is private.';
  return (
    `The noise multiplier is ${noiseMultiplier}, below ${LITTLE_NOISE}: the noise hardly hides a single example's gradient. ` +
    'From 0.5 to 2 is usual; privacySpent tells what a run costs.'
  );
}

/** What is wrong with a delta, in words; undefined where nothing is. */
function deltaWarning(delta: number, records: number): string | undefined {
  if (delta * records < 1) return undefined;
  return `Delta is ${delta}, and there are ${records} records: publishing one of them as it is would be allowed. Choose a delta well below ${1 / records}.`;
}

/**
 * All that is wrong with a run, in words.
 *
 * @param declared - Number of examples, where the ledger does not know it.
 */
export function privacyWarnings(spent: Spent, rows: readonly LedgerRow[], declared = 0): readonly string[] {
  let [leastNoise, records] = [Infinity, declared];
  for (const {noiseMultiplier, sampling} of rows) {
    leastNoise = Math.min(leastNoise, noiseMultiplier);
    if ('numExamples' in sampling) records = Math.max(records, sampling.numExamples);
    if ('numUsers' in sampling) records = Math.max(records, sampling.numUsers);
  }
  return [
    epsilonWarning(spent),
    noiseWarning(leastNoise),
    deltaWarning(spent.delta, records),
    ...randomWarnings(spent),
  ].filter((warning) => warning !== undefined);
}

const SAID = new Set<string>();

/** Prints a warning, the first of its kind in this process. */
export function warnOnce(kind: 'epsilon' | 'noise', warning: string | undefined): void {
  if (warning === undefined || SAID.has(kind)) return;
  SAID.add(kind);
  console.warn(`@dp/optimizers: ${warning}`);
}
