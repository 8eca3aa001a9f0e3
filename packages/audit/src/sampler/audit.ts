import {AuditError} from '../errors.js';
import type {AuditResult} from '../result.js';
import type {AuditSubject} from '../subject/subject.js';
import {drawBatches, freshSampler} from './draw.js';
import {auditPoissonSampling} from './poisson.js';
import {auditShuffledSampling} from './shuffle.js';

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
 * @throws AuditError for a subject without a sampler, or a kind of sampling that claims nothing.
 */
export function auditSampler(
  subject: AuditSubject,
  {batches = 1000, epochs = 3, falseAlarmRate = 1e-6}: SamplerAuditOptions = {},
): AuditResult[] {
  const {first, next, stepsPerEpoch} = freshSampler(subject);
  const {kind} = first.sampling;
  switch (kind) {
    case 'poisson':
      return auditPoissonSampling(drawBatches(next, batches, kind), falseAlarmRate);
    case 'shuffle':
    case 'fixed':
      return auditShuffledSampling(drawBatches(next, epochs * stepsPerEpoch, kind), epochs);
    default:
      throw new AuditError(`sampling of kind '${kind}' claims nothing that could be audited`);
  }
}
