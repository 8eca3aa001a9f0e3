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
  noOp: ANY_AND_LIMIT,
  nonPrivate: ANY_AND_LIMIT,
  gaussian: ANY_AND_LIMIT,
  poissonSampled: POISSON,
  composed: ANY_AND_LIMIT,
  selfComposed: ANY_AND_LIMIT,
};

/** The same inside poissonSampled, where what is released from one batch must reduce to one Gaussian. */
const SUPPORT_INSIDE_SAMPLING: Readonly<Partial<Record<DpEvent['kind'], Support>>> = {
  noOp: POISSON,
  nonPrivate: POISSON,
  gaussian: POISSON,
  composed: POISSON,
  selfComposed: POISSON,
};

/**
 * Checks that an accountant has a bound for the event and for all events inside it.
 * @throws UnsupportedEventError naming the innermost event that has none, and what does support it.
 */
export function checkSupport(
  accountant: AccountantName,
  event: DpEvent,
  relation: NeighbouringRelation,
  insideSampling = false,
): void {
  const support = (insideSampling ? SUPPORT_INSIDE_SAMPLING[event.kind] : SUPPORT[event.kind]) ?? {};
  if (support[accountant]?.includes(relation) !== true) {
    const place = insideSampling ? ' inside poissonSampled' : '';
    throw new UnsupportedEventError(
      accountant,
      event,
      relation,
      place,
      supportText(event.kind, support, place),
    );
  }
  if (event.kind === 'poissonSampled') checkSupport(accountant, event.event, relation, true);
  if (event.kind === 'selfComposed') checkSupport(accountant, event.event, relation, insideSampling);
  if (event.kind === 'composed') {
    for (const part of event.events) checkSupport(accountant, part, relation, insideSampling);
  }
}

function supportText(kind: DpEvent['kind'], support: Support, place: string): string {
  const entries = Object.entries(support).map(
    ([accountant, relations]) => `${accountant} under ${relations.map((r) => `'${r}'`).join(' or ')}`,
  );
  return `${kind}${place} is supported by ${entries.length > 0 ? entries.join('; ') : 'no accountant'}`;
}
