/** What one audit found: a claim against a measurement. No value of any record is in it. */
export interface AuditResult {
  /** Area and subject, such as `noise: variance`. */
  readonly name: string;
  /** What is claimed, in words. */
  readonly claim: string;
  readonly measured: number;
  /** What `measured` must not pass. */
  readonly bound: number;
  /** Which side of the bound is right. */
  readonly relation: '<=' | '>=';
  readonly passed: boolean;
  /** What was measured, on how much, and where it was worst. */
  readonly detail: string;
  /** The largest probability with which a right program fails this audit; 0 where chance plays no part. */
  readonly falseAlarmRate: number;
}

type Finding = Omit<AuditResult, 'passed' | 'relation' | 'falseAlarmRate'> & {
  readonly falseAlarmRate?: number;
};

/** Passes if the measurement is at most the bound; one that is not a number fails. */
export function atMost(finding: Finding): AuditResult {
  const {measured, bound, falseAlarmRate = 0} = finding;
  return Object.freeze({...finding, relation: '<=', passed: measured <= bound, falseAlarmRate});
}

/** Passes if the measurement is at least the bound; one that is not a number fails. */
export function atLeast(finding: Finding): AuditResult {
  const {measured, bound, falseAlarmRate = 0} = finding;
  return Object.freeze({...finding, relation: '>=', passed: measured >= bound, falseAlarmRate});
}
