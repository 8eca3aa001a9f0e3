import {PldAccountant} from '../pld/accountant.js';
import {RdpAccountant} from '../rdp/accountant.js';
import type {ConversionName, OptimalEpsilon} from '../rdp/convert.js';
import {type BatchSampling, batchSensitivity, dpSgdEvent, type DpSgdRun} from './dp_sgd.js';
import {groupEpsilon} from './group_privacy.js';

/** Bounds on one epsilon, in nats. */
export interface EpsilonInterval {
  readonly lower: number;
  /** The guarantee. */
  readonly upper: number;
}

/** What holds for one way of making batches. */
export interface Guarantee {
  /** Neighbours: one record more or less (Poisson), or one zeroed out. A user's records, at the level of users. */
  readonly relation: 'addOrRemoveOne' | 'replaceSpecial';
  /** By privacy loss distributions: the number to trust. */
  readonly tight: EpsilonInterval;
  /** By Renyi divergences, with the improved conversion; for users in Poisson samples by group privacy. An upper bound. */
  readonly improved: OptimalEpsilon;
  /** The same with the classic conversion, to compare with older publications. */
  readonly classic: OptimalEpsilon;
  /** The tight bounds if neighbours differ by replaced records instead; `null` where none is known. */
  readonly replaceOne: EpsilonInterval | null;
}

/** The guarantees at one level, side by side. Each holds only for batches made in its way. */
export interface LevelOfPrivacy {
  /** How many records of one owner are protected together. */
  readonly records: number;
  /** By how many clipping norms they can move one batch's sum; fewer are drawn together, as a rule, in Poisson samples. */
  readonly sensitivity: number;
  /** Each example once per epoch, in any order: no amplification by sampling. */
  readonly oncePerEpoch: Guarantee;
  /** Poisson-sampled batches; `null` with microbatches, for which there is no guarantee. */
  readonly poisson: Guarantee | null;
  /** Shuffled batches: the values of once per epoch. Those of Poisson sampling are not valid for them. */
  readonly shuffled: Guarantee;
  /** Nothing is known of how often an example takes part: all steps compose. */
  readonly unknown: Guarantee;
}

/** What every number of one statement has in common. */
export interface Question {
  readonly delta: number;
  readonly orders: readonly number[] | undefined;
  readonly tolerance: number;
}

/** Every guarantee of a checked run for `maxExamplesPerUser` records. */
export function levelOf(run: DpSgdRun, ask: Question): LevelOfPrivacy {
  const {microbatchSize = 1, maxExamplesPerUser = 1} = run;
  const oncePerEpoch = guarantee(run, 'oncePerEpoch', ask);
  return {
    records: maxExamplesPerUser,
    sensitivity: batchSensitivity(run),
    oncePerEpoch,
    poisson: microbatchSize > 1 ? null : guarantee(run, 'poisson', ask),
    shuffled: oncePerEpoch,
    unknown: guarantee(run, 'unknown', ask),
  };
}

function guarantee(run: DpSgdRun, sampling: BatchSampling, ask: Question): Guarantee {
  const {microbatchSize = 1, maxExamplesPerUser = 1} = run;
  const relation = sampling === 'poisson' ? 'addOrRemoveOne' : 'replaceSpecial';
  const event = dpSgdEvent({...run, sampling});
  const tightUnder = (neighboring: 'replaceOne' | typeof relation): EpsilonInterval => {
    const accountant = new PldAccountant({neighboring, tolerance: ask.tolerance}).compose(event);
    const {lower, upper} = accountant.epsilon(ask.delta);
    return {lower, upper};
  };
  const tight = tightUnder(relation);
  return {
    relation,
    tight,
    improved: looser(run, sampling, relation, 'improved', ask),
    classic: looser(run, sampling, relation, 'classic', ask),
    replaceOne: replaced(),
  };

  function replaced(): EpsilonInterval | null {
    if (sampling === 'poisson' && maxExamplesPerUser > 1) return null;
    // A group's clipped mean moves by at most 2 C whatever happens to a record in it: the noise allows for it already.
    return microbatchSize > 1 ? tight : tightUnder('replaceOne');
  }
}

function looser(
  run: DpSgdRun,
  sampling: BatchSampling,
  neighboring: Guarantee['relation'],
  conversion: ConversionName,
  {delta, orders}: Question,
): OptimalEpsilon {
  const {maxExamplesPerUser = 1} = run;
  // No Renyi divergences of the mixture are implemented: one example's, for a group.
  const group = sampling === 'poisson' ? maxExamplesPerUser : 1;
  const event = dpSgdEvent({...run, sampling, maxExamplesPerUser: maxExamplesPerUser / group});
  const rdp = new RdpAccountant({conversion, neighboring, ...(orders && {orders})}).compose(event);
  const at = (d: number): number => rdp.epsilon(d);
  if (group === 1) return {epsilon: at(delta), optimalOrder: rdp.optimalOrder(delta)};
  const {epsilon, delta: exampleDelta} = groupEpsilon(at, group, delta);
  return {epsilon, optimalOrder: rdp.optimalOrder(exampleDelta)};
}
