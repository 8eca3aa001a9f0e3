import {auditAccounting} from './accounting/audit.js';
import {auditTwoRuns} from './canaries/two_run.js';
import {requireObject, requireRate} from './checks.js';
import {AuditError} from './errors.js';
import {auditFloatingPoint} from './floating_point/audit.js';
import {auditLedger} from './ledger/audit.js';
import {auditNoise} from './noise/audit.js';
import type {AuditResult} from './result.js';
import {auditSampler} from './sampler/audit.js';
import {auditSensitivity} from './sensitivity/audit.js';
import {auditSeparation} from './separation/audit.js';
import type {AuditSubject} from './subject/subject.js';
import {auditUpdate} from './update/audit.js';

type Rate = {readonly falseAlarmRate: number};

/** All audits of a step, by name, and in the order in which they are made. */
const AUDITS = {
  sensitivity: (subject: AuditSubject) => auditSensitivity(subject),
  noise: (subject: AuditSubject, rate: Rate) => auditNoise(subject, rate),
  'floating-point': (subject: AuditSubject) => [auditFloatingPoint(subject)],
  separation: (subject: AuditSubject) => [auditSeparation(subject)],
  ledger: (subject: AuditSubject) => auditLedger(subject),
  update: (subject: AuditSubject) => [auditUpdate(subject)],
  sampler: (subject: AuditSubject, rate: Rate) => auditSampler(subject, rate),
  accounting: (subject: AuditSubject, rate: Rate) => [auditAccounting(subject, rate)],
  canaries: (subject: AuditSubject, rate: Rate) => [auditTwoRuns(subject, rate)],
} as const;

/** An audit of a step. */
export type AuditName = keyof typeof AUDITS;

/** Names of all audits of a step. */
export const AUDIT_NAMES = Object.keys(AUDITS) as readonly AuditName[];

/** Chance plays a part in so many. */
const BY_CHANCE = 4;

/** Options of `auditAll`. */
export interface AuditAllOptions {
  /** The false-alarm rate of all results together. Default: 1e-5. */
  readonly falseAlarmRate?: number;
  /** Which audits to make. Default: all. */
  readonly only?: readonly AuditName[];
}

/** What all audits of a subject found. */
export interface AuditReport {
  readonly results: readonly AuditResult[];
  /** Why audits that the subject does not have what it takes for were not made. */
  readonly notMade: readonly string[];
}

/**
 * Makes every audit that the subject has what it takes for.
 *
 * @throws AuditError for a rate out of (0, 1), and for names of no audit, or none: nothing would be found.
 */
export function auditAll(subject: AuditSubject, options: AuditAllOptions = {}): AuditReport {
  requireObject('options', options);
  const {falseAlarmRate = 1e-5, only = AUDIT_NAMES} = options;
  requireRate('falseAlarmRate', falseAlarmRate);
  requireNames(only);
  const each = {falseAlarmRate: falseAlarmRate / BY_CHANCE};
  const notMade: string[] = [];
  const results = only.flatMap((name): readonly AuditResult[] => {
    try {
      return AUDITS[name](subject, each);
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      notMade.push(error.message);
      return [];
    }
  });
  return {results, notMade};
}

function requireNames(only: unknown): void {
  const isList = Array.isArray(only) && only.length > 0;
  if (isList && only.every((name) => typeof name === 'string' && Object.hasOwn(AUDITS, name))) return;
  throw new AuditError(
    `only must be a list of audits, at least one of ${AUDIT_NAMES.join(', ')}, or be left out`,
  );
}
