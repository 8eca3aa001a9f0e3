import type {LeafEvent} from '../leaf_event.js';
import {logAdd} from '../math/log_add.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {treeDepth} from '../plan/tree_depth.js';
import {gaussianRdp} from './gaussian.js';
import {boundedRangeRdp, pureRdp} from './selection.js';

/** Renyi differential privacy of an event without events inside, in nats at an order > 1. */
export function leafRdp(event: LeafEvent, order: number, relation: NeighbouringRelation): number {
  const sensitivity = relation === 'replaceOne' ? 2 : 1;
  switch (event.kind) {
    case 'laplace':
      return laplaceRdp(event.noiseMultiplier / sensitivity, order);
    case 'randomizedResponse':
      return randomizedResponseRdp(event.noiseParameter, event.numBuckets, order, relation);
    case 'zCDP':
      return event.rho * order;
    case 'exponentialMechanism':
      return boundedRangeRdp(event.epsilon * sensitivity, order);
    case 'permuteAndFlip':
      return pureRdp(event.epsilon * sensitivity, order);
    case 'singleEpochTreeAggregation':
      // A record is in one leaf of one tree, and so in one node of each of its levels.
      return treeDepth(event.stepCounts) * gaussianRdp(event.noiseMultiplier / sensitivity, order);
    default:
      throw new Error(`${event.kind} was not refused`);
  }
}

/** Mironov 2017, Proposition 6: e^((a - 1) R) = a / (2 a - 1) e^((a - 1) / b) + (a - 1) / (2 a - 1) e^(-a / b). */
function laplaceRdp(noiseMultiplier: number, order: number): number {
  const width = 2 * order - 1;
  const up = Math.log(order / width) + (order - 1) / noiseMultiplier;
  const down = Math.log((order - 1) / width) - order / noiseMultiplier;
  return Math.max(0, logAdd(up, down) / (order - 1));
}

/** From the definition: the larger of both directions between two records' outputs, or one's and a uniform one. */
function randomizedResponseRdp(
  noiseParameter: number,
  numBuckets: number,
  order: number,
  relation: NeighbouringRelation,
): number {
  const other = noiseParameter / numBuckets;
  const own = 1 - noiseParameter + other;
  const uniform = 1 / numBuckets;
  const term = (p: number, q: number): number => order * Math.log(p) + (1 - order) * Math.log(q);
  const rest = Math.log(numBuckets - (relation === 'replaceOne' ? 2 : 1));
  const sums =
    relation === 'replaceOne'
      ? [logAdd(logAdd(term(own, other), term(other, own)), rest + Math.log(other))]
      : [
          logAdd(term(own, uniform), rest + term(other, uniform)),
          logAdd(term(uniform, own), rest + term(uniform, other)),
        ];
  return Math.max(0, ...sums) / (order - 1);
}
