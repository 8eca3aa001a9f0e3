import {auditAccounting} from './accounting/audit.js';
import {auditTwoRuns} from './canaries/two_run.js';
import {AuditError} from './errors.js';
import {auditFloatingPoint} from './floating_point/audit.js';
import {auditLedger} from './ledger/audit.js';
import {auditNoise} from './noise/audit.js';
import type {AuditResult} from './result.js';
import {auditSampler} from './sampler/audit.js';
import {auditSensitivity} from './sensitivity/audit.js';
import {auditSeparation} from './separation/audit.js';
import type {AuditSubject} from './subject/subject.js';

/** Options of `auditAll`. */
export interface AuditAllOptions {
  /** The false-alarm rate of all results together. Default: 1e-5. */
  readonly falseAlarmRate?: number;
}

/** What all audits of a subject found. */
export interface AuditReport {
  readonly results: readonly AuditResult[];
  /** Why audits that the subject does not have what it takes for were not made. */
  readonly notMade: readonly string[];
}

/** Makes every audit that the subject has what it takes for. */
export function auditAll(subject: AuditSubject, {falseAlarmRate = 1e-5}: AuditAllOptions = {}): AuditReport {
  const each = {falseAlarmRate: falseAlarmRate / 4};
  const notMade: string[] = [];
  const results = [
    () => auditSensitivity(subject),
    () => auditNoise(subject, each),
    () => [auditFloatingPoint(subject)],
    () => [auditSeparation(subject)],
    () => auditLedger(subject),
    () => auditSampler(subject, each),
    () => [auditAccounting(subject, each)],
    () => [auditTwoRuns(subject, each)],
  ].flatMap((audit): AuditResult[] => {
    try {
      return audit();
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      notMade.push(error.message);
      return [];
    }
  });
  return {results, notMade};
}
