import type {LedgerRow, Sampling} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import type {AttackedRelease} from './likelihood_attack.js';

/**
 * What a record met, read from ledger rows in the plainest way: all rows of one batch are one release; of Poisson batches it met
 * each with probability q, of shuffled ones the one with the least noise in each epoch, of batches of unknown sampling all.
 *
 * @throws AuditError for mechanisms that this reading does not cover.
 */
export function attackedReleases(rows: readonly LedgerRow[]): AttackedRelease[] {
  const batches = new Map<string, {readonly row: LedgerRow; precision: number}>();
  for (const row of rows) {
    if (row.mechanism.kind !== 'gaussian') throw new AuditError('trees are not covered by this attack');
    const batch = batches.get(row.batchId) ?? {row, precision: 0};
    batch.precision += row.noiseMultiplier ** -2;
    batches.set(row.batchId, batch);
  }
  const strongest = new Map<string, AttackedRelease>();
  for (const [id, {row, precision}] of batches) {
    const noiseMultiplier = precision ** (-1 / 2);
    const {sampling} = row;
    const {place, samplingProbability} = participation(sampling, id);
    if ((strongest.get(place)?.noiseMultiplier ?? Infinity) > noiseMultiplier)
      strongest.set(place, {samplingProbability, noiseMultiplier});
  }
  return [...strongest.values()];
}

/** Among which batches a record is in one, and with what probability. */
function participation(
  sampling: Sampling,
  batch: string,
): {readonly place: string; readonly samplingProbability: number} {
  switch (sampling.kind) {
    case 'poisson':
      return {place: batch, samplingProbability: sampling.samplingProbability};
    case 'shuffle':
    case 'fixed':
    case 'stream':
      return {place: `${sampling.sampler} ${sampling.epoch}`, samplingProbability: 1};
    case 'unknown':
      return {place: batch, samplingProbability: 1};
    default:
      throw new AuditError(`batches of sampling '${sampling.kind}' are not covered by this attack`);
  }
}
