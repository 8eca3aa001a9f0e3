import type {Sampling} from '../account/sampling.js';
import {DpError} from '../errors.js';

/** A leaf, and what it is the sum of. Public. */
export interface TreePlace {
  readonly tree: number;
  readonly leaf: number;
  readonly sampling: Sampling;
  readonly l2NormClip: number;
}

/** What the next leaf is the sum of. Public. */
export interface NextLeaf {
  readonly sampling: Sampling;
  readonly l2NormClip: number;
  /** Of each tree. */
  readonly maxLeaves: number;
}

/**
 * The place after the last one in the same tree; undefined where a new tree begins. That is after `maxLeaves`, and where an
 * epoch begins that the tree cannot hold whole: a record is in a tree once for each epoch of it, and the parts add up.
 *
 * @throws DpError INVALID_OPTION for another clip norm within a tree, whose noise is measured in one.
 */
export function nextPlace(
  last: TreePlace | undefined,
  {sampling, l2NormClip, maxLeaves}: NextLeaf,
): TreePlace | undefined {
  if (last === undefined) return undefined;
  const leaf = last.leaf + 1;
  if (leaf >= maxLeaves) return undefined;
  if (!isSameEpoch(last.sampling, sampling) && leaf + stepsPerEpoch(sampling) > maxLeaves) return undefined;
  if (l2NormClip !== last.l2NormClip) {
    throw new DpError(
      'INVALID_OPTION',
      `l2NormClip changed from ${last.l2NormClip} to ${l2NormClip} within a tree, whose noise is measured in one: restart the tree`,
    );
  }
  return {tree: last.tree, leaf, sampling, l2NormClip};
}

/** Batches of unknown sampling are taken for those of one epoch. */
function isSameEpoch(a: Sampling, b: Sampling): boolean {
  if (!('sampler' in a) || !('sampler' in b)) return a.kind === b.kind;
  return a.sampler === b.sampler && a.epoch === b.epoch;
}

function stepsPerEpoch(sampling: Sampling): number {
  return 'sampler' in sampling ? Math.ceil(sampling.numExamples / sampling.batchSize) : 0;
}
