import type {SamplingOf} from '@dp/optimizers';

import {atMost, type AuditResult} from '../result.js';
import {countDraws, recordUnits, type Batches} from './draw.js';

/** Whether shuffled batches hold each record exactly once an epoch, in batches of the size that the ledger says. */
export function auditShuffledSampling(
  {sampling, batches}: Batches<SamplingOf<'shuffle' | 'fixed'>>,
  epochs: number,
): AuditResult[] {
  const {numExamples, batchSize} = sampling;
  const {sizes, inclusions, faulty} = countDraws(batches, recordUnits(numExamples));
  const offEpoch = inclusions.reduce((count, times) => count + Number(times !== epochs), 0);
  const tooLarge = sizes.reduce((count, size) => count + Number(size > batchSize), 0);
  return [
    atMost({
      name: 'sampler: once an epoch',
      claim: `each of ${numExamples} records takes part exactly once an epoch`,
      measured: offEpoch + faulty,
      bound: 0,
      detail: `${offEpoch} records were drawn more or less often in ${epochs} epochs, ${faulty} batches were faulty`,
    }),
    atMost({
      name: 'sampler: batch size',
      claim: `a batch holds at most ${batchSize} records`,
      measured: tooLarge,
      bound: 0,
      detail: `${tooLarge} of ${sizes.length} batches were larger`,
    }),
  ];
}
