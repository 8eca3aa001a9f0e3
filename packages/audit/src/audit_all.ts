import {auditAccounting} from './accounting/audit.js';
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

/** Makes every audit that the subject has what it takes for. */
export function auditAll(
  subject: AuditSubject,
  {falseAlarmRate = 1e-5}: AuditAllOptions = {},
): AuditResult[] {
  const each = {falseAlarmRate: falseAlarmRate / 3};
  return [
    ...auditSensitivity(subject),
    ...auditNoise(subject, each),
    auditSeparation(subject),
    ...auditLedger(subject),
    ...(subject.sampler === undefined
      ? []
      : [...auditSampler(subject, each), auditAccounting(subject, each)]),
  ];
}
