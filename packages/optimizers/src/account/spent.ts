import type {NeighbouringRelation} from '@dp/accountant';
import {GRID_GAUSSIAN_TOTAL_VARIATION} from '@dp/random';

import {shown} from '../checks.js';
import {DpError} from '../errors.js';
import {checkLedgerRow} from './check_row.js';
import {boundEpsilon, provenEpsilon, type EpsilonBounds} from './epsilon.js';
import {accountOf, type ForeseenRun, type LedgerAccount, type LedgerRows} from './ledger_account.js';
import {epsilonWarning, warnOnce} from './warnings.js';
import {Ledger} from './ledger.js';
import type {Randomness} from './randomness.js';
import type {Participation} from './spendings.js';

/** What a ledger's releases have spent at one delta. */
export interface PrivacySpent {
  /** The smallest epsilon that this library proves for the releases, for any record; Infinity if there is no guarantee. */
  readonly epsilon: number;
  /** How `epsilon` was found: by privacy loss distributions, or where these have no bound, by Renyi divergences. */
  readonly method: EpsilonBounds['method'];
  /** No epsilon below this holds, whatever the proof. Only where two neighbouring data sets are known to reach it. */
  readonly epsilonLower?: number;
  /** By the classic RDP conversion, which the literature's older figures use; Infinity where there is none. */
  readonly epsilonClassic: number;
  readonly delta: number;
  /** What two neighbouring data sets differ in. */
  readonly neighboring: NeighbouringRelation;
  /** `user` where what is added or removed is all of a user's records together, and not one example. */
  readonly unit?: 'user';
  readonly releases: number;
  /** How batches were chosen, and on whose word. */
  readonly basis: string;
  /** The epsilon of data sets, by name, that were counted whole and declared to share no record with the training data. */
  readonly otherDataSets?: Readonly<Record<string, number>>;
  /**
   * Whether all noise, and under Poisson sampling all draws of batches, are recorded to come from a secure source. If not,
   * `epsilon` is what would hold if they had.
   */
  readonly secure: boolean;
  /** What is recorded of each: the worst of all releases. */
  readonly randomness: {readonly noise: Randomness; readonly sampling: Randomness};
  /** For batches that were not Poisson-sampled: the epsilon that would hold if they had been. Not valid for this run. */
  readonly ifPoissonSampled?: number;
}

const ANSWERS = new WeakMap<LedgerAccount, Map<number, PrivacySpent>>();

/**
 * The epsilon of everything in a ledger (privacy rules 1-6): a certified upper bound. How the batches were sampled is read
 * from the ledger; for batches of unknown sampling, as in a plain `model.fit`, all releases compose unless participation is
 * declared. All releases of one batch are one event, whichever optimizer made them. Rows are read once and answers kept,
 * so that it may be asked every epoch.
 *
 * @param ledger - What the optimizers have released: a `Ledger`, or its rows.
 * @param options - `delta` in (0, 1); `declared`, what the caller knows of batches that the optimizer could only receive.
 * @throws DpError UNSUPPORTED if the ledger mixes ways of sampling, INVALID_OPTION for a declaration that does not fit,
 *   LEDGER_CORRUPT for rows that contradict each other.
 */
export function privacySpent(
  ledger: LedgerRows,
  {delta, declared}: {readonly delta: number; readonly declared?: Participation},
): PrivacySpent {
  if (!(ledger instanceof Ledger)) checkRows(ledger);
  const account = accountOf(ledger, declared);
  const answers = ANSWERS.get(account) ?? new Map<number, PrivacySpent>();
  ANSWERS.set(account, answers);
  const known = answers.get(delta);
  if (known?.releases === account.releases) return known;
  const spent = computeSpent(account, delta);
  answers.set(delta, spent);
  // Rows alone may be a plan: a ledger has released them.
  if (ledger instanceof Ledger) warnOnce('epsilon', epsilonWarning(spent));
  return spent;
}

/** Rows that no ledger has checked: from a file, or made by hand. */
function checkRows({rows}: LedgerRows): void {
  if (!Array.isArray(rows))
    throw new DpError('LEDGER_CORRUPT', `rows must be a list of a ledger's rows, got ${shown(rows)}`);
  rows.forEach(checkLedgerRow);
}

function computeSpent(account: LedgerAccount, delta: number): PrivacySpent {
  const {neighboring, unit, releases, secure} = account;
  const noiseDelta = deltaOfNoise(account, delta);
  const dataSets = account.dataSets().map(({events, ...dataSet}) => ({
    ...dataSet,
    ...boundEpsilon(events, neighboring, delta - noiseDelta),
  }));
  const worst = dataSets.reduce((a, b) => (b.epsilon > a.epsilon ? b : a));
  const others = dataSets.flatMap(({dataset, epsilon}) =>
    dataset === undefined ? [] : [[dataset, epsilon] as const],
  );
  const ifPoisson = account.ifPoissonSampled();
  return Object.freeze({
    epsilon: worst.epsilon,
    method: worst.method,
    ...(worst.attained && worst.lower !== undefined && {epsilonLower: worst.lower}),
    epsilonClassic: Math.max(...dataSets.map(({classic}) => classic)),
    delta,
    neighboring,
    ...(unit !== undefined && {unit}),
    releases,
    basis: dataSets.map(({basis}) => basis).join('; '),
    ...(others.length > 0 && {otherDataSets: Object.freeze(Object.fromEntries(others))}),
    secure,
    randomness: Object.freeze({noise: account.noise, sampling: account.sampling}),
    ...(ifPoisson !== undefined && {
      ifPoissonSampled: boundEpsilon(ifPoisson, 'addOrRemoveOne', delta - noiseDelta).epsilon,
    }),
  });
}

/**
 * The epsilon that a ledger would have spent if rows came that are foreseen: what budgets and calibration reckon with. The
 * account is the one of `privacySpent`, and rows that are alike are counted, so that a million steps take no longer than a few.
 *
 * @param runs - As `PrivateOptimizer.foreseeRuns` returns them.
 * @throws DpError as `privacySpent`, for the ledger with those rows.
 */
export function epsilonAfter(
  ledger: LedgerRows,
  runs: readonly ForeseenRun[],
  {delta}: {readonly delta: number},
): number {
  const account = accountOf(ledger, undefined).after(runs);
  const own = delta - deltaOfNoise(account, delta);
  return Math.max(
    ...account.dataSets().map(({events}) => provenEpsilon(events, account.neighboring, own).epsilon),
  );
}

/** The sampler of noise is not the real Gaussian by this much, in total variation (privacy rule 15). */
function deltaOfNoise({draws}: LedgerAccount, delta: number): number {
  const noiseDelta = draws * GRID_GAUSSIAN_TOTAL_VARIATION;
  if (!Number.isFinite(delta) || !(noiseDelta <= delta / 1000)) {
    throw new DpError(
      'INVALID_OPTION',
      `delta must be in (0, 1) and at least ${1000 * noiseDelta}, a thousand times the total variation distance of all noise drawn from the real Gaussian; got ${shown(delta)}`,
    );
  }
  return noiseDelta;
}
