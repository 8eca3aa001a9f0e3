import type {DpEvent} from './event.js';
import {NEIGHBOURING_RELATIONS, type NeighbouringRelation} from './neighbours.js';
import {UnsupportedEventError} from './unsupported_event_error.js';

/** The accountants of this package. */
export type AccountantName = 'RdpAccountant' | 'PldAccountant' | 'GdpAccountant';

/** For one kind of event: which accountants bound it, and under which relations. */
type Support = Readonly<Partial<Record<AccountantName, readonly NeighbouringRelation[]>>>;

const APPROXIMATED: readonly NeighbouringRelation[] = ['addOrRemoveOne'];
const ANY: Support = {RdpAccountant: NEIGHBOURING_RELATIONS, PldAccountant: NEIGHBOURING_RELATIONS};
const ANY_AND_LIMIT: Support = {...ANY, GdpAccountant: APPROXIMATED};
// A zeroed-out record that is drawn adds nothing, exactly as a record that is not there; with a replaced record the pair
// of output distributions is another one, whose privacy loss is known and whose Renyi divergences are not implemented.
const POISSON: Support = {
  RdpAccountant: ['addOrRemoveOne', 'replaceSpecial'],
  PldAccountant: NEIGHBOURING_RELATIONS,
  GdpAccountant: APPROXIMATED,
};

// Any two records of a fixed number are up to 2 C apart; without the fixed number the sampling is not defined.
const FIXED_SIZE: readonly NeighbouringRelation[] = ['replaceOne', 'replaceSpecial'];

const RDP_ONLY: Support = {RdpAccountant: NEIGHBOURING_RELATIONS};
const PLD_ONLY: Support = {PldAccountant: NEIGHBOURING_RELATIONS};
// A record that is replaced moves these by twice as much, which has no mixture of its own.
const PLD_UNLESS_REPLACED: Support = {PldAccountant: ['addOrRemoveOne', 'replaceSpecial']};
// Local randomisation of each record: without the record there is no output to compare with.
const RESPONSE: Support = {
  RdpAccountant: ['replaceOne', 'replaceSpecial'],
  PldAccountant: ['replaceOne', 'replaceSpecial'],
};
// One more record would shift every later leaf of the tree.
const TREE: Support = {
  RdpAccountant: ['replaceSpecial', 'replaceOne'],
  PldAccountant: ['replaceSpecial', 'replaceOne'],
};

const SUPPORT: Readonly<Record<DpEvent['kind'], Support>> = {
  laplace: ANY,
  discreteLaplace: PLD_ONLY,
  discreteGaussian: PLD_ONLY,
  randomizedResponse: RESPONSE,
  zCDP: RDP_ONLY,
  epsilonDelta: PLD_ONLY,
  mixtureOfGaussians: PLD_UNLESS_REPLACED,
  singleEpochTreeAggregation: TREE,
  exponentialMechanism: ANY,
  permuteAndFlip: ANY,
  truncatedPoissonSampledGaussian: PLD_ONLY,
  sampledWithoutReplacement: {RdpAccountant: FIXED_SIZE, PldAccountant: FIXED_SIZE},
  sampledWithReplacement: {PldAccountant: FIXED_SIZE},
  repeatAndSelect: RDP_ONLY,
  noOp: ANY_AND_LIMIT,
  nonPrivate: ANY_AND_LIMIT,
  gaussian: ANY_AND_LIMIT,
  poissonSampled: POISSON,
  composed: ANY_AND_LIMIT,
  selfComposed: ANY_AND_LIMIT,
};

/** What is released from one sample must reduce to one Gaussian. */
const INSIDE_A_SAMPLE: readonly DpEvent['kind'][] = [
  'noOp',
  'nonPrivate',
  'gaussian',
  'composed',
  'selfComposed',
];

/**
 * Checks that an accountant has a bound for the event and for all events inside it.
 * @throws UnsupportedEventError naming the innermost event that has none, and what does support it.
 */
export function checkSupport(
  accountant: AccountantName,
  event: DpEvent,
  relation: NeighbouringRelation,
  sample?: DpEvent['kind'],
): void {
  const support =
    sample === undefined ? SUPPORT[event.kind] : INSIDE_A_SAMPLE.includes(event.kind) ? SUPPORT[sample] : {};
  if (support[accountant]?.includes(relation) !== true) {
    const place = sample === undefined ? '' : ` inside ${sample}`;
    throw new UnsupportedEventError(
      accountant,
      event,
      relation,
      place,
      supportText(event.kind, support, place),
    );
  }
  switch (event.kind) {
    case 'poissonSampled':
    case 'sampledWithoutReplacement':
    case 'sampledWithReplacement':
      checkSupport(accountant, event.event, relation, event.kind);
      return;
    case 'repeatAndSelect':
    case 'selfComposed':
      checkSupport(accountant, event.event, relation, sample);
      return;
    case 'composed':
      for (const part of event.events) checkSupport(accountant, part, relation, sample);
  }
}

function supportText(kind: DpEvent['kind'], support: Support, place: string): string {
  const entries = Object.entries(support).map(
    ([accountant, relations]) => `${accountant} under ${relations.map((r) => `'${r}'`).join(' or ')}`,
  );
  return `${kind}${place} is supported by ${entries.length > 0 ? entries.join('; ') : 'no accountant'}`;
}
