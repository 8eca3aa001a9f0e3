import type {UserIds} from '@dp/optimizers';

import {AuditError} from '../errors.js';
import type {AuditResult} from '../result.js';
import type {AuditSubject} from '../subject/subject.js';
import {countDraws, drawBatches, freshSampler, recordUnits} from './draw.js';
import {auditPoissonSampling} from './poisson.js';
import {auditShuffledSampling} from './shuffle.js';
import {auditCappedUsers, auditUsers} from './users.js';

/** Options of `auditSampler`. */
export interface SamplerAuditOptions {
  /** Poisson batches to draw. Default: 1000. */
  readonly batches?: number;
  /** Shuffled epochs to draw. Default: 3. */
  readonly epochs?: number;
  /** The false-alarm rate of all results together. Default: 1e-6. */
  readonly falseAlarmRate?: number;
}

/**
 * Draws batches and holds them against what they say of themselves.
 *
 * @throws AuditError for a subject without a sampler, one of users without `userIds`, or a kind of sampling that claims nothing.
 */
export function auditSampler(
  subject: AuditSubject,
  {batches = 1000, epochs = 3, falseAlarmRate = 1e-6}: SamplerAuditOptions = {},
): AuditResult[] {
  const {first, next, stepsPerEpoch} = freshSampler(subject);
  const {kind} = first.sampling;
  switch (kind) {
    case 'poisson': {
      const {sampling, batches: drawn} = drawBatches(next, batches, kind);
      const {numExamples: units, samplingProbability} = sampling;
      const claim = {units, samplingProbability};
      return auditPoissonSampling(countDraws(drawn, recordUnits(units)), claim, falseAlarmRate);
    }
    case 'truncatedPoisson': {
      const {sampling, batches: drawn} = drawBatches(next, batches, kind);
      const {numExamples: units, samplingProbability, maxBatchSize} = sampling;
      const claim = {units, samplingProbability, maxBatchSize};
      return auditPoissonSampling(countDraws(drawn, recordUnits(units)), claim, falseAlarmRate);
    }
    case 'poissonUsers':
      return auditUsers(drawBatches(next, batches, kind), userIdsOf(subject), falseAlarmRate);
    case 'poissonCappedUsers':
      return auditCappedUsers(drawBatches(next, batches, kind), userIdsOf(subject), falseAlarmRate);
    case 'shuffle':
    case 'fixed':
      return auditShuffledSampling(drawBatches(next, epochs * stepsPerEpoch, kind), epochs);
    default:
      throw new AuditError(`sampling of kind '${kind}' claims nothing that could be audited`);
  }
}

function userIdsOf({name, userIds}: AuditSubject): UserIds {
  if (userIds === undefined) {
    throw new AuditError(`subject '${name}' samples users: it needs userIds, the user of each record`);
  }
  return userIds;
}
