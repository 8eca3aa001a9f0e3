// What is audited.
export {type AuditSubject, type OptimizerOverrides, type Records} from './subject/subject.js';

// What an audit finds.
export {type AuditResult} from './result.js';
export {AuditError} from './errors.js';
export {tableOf} from './report/table.js';

// Audits.
export {auditAll, type AuditAllOptions, type AuditReport} from './audit_all.js';
export {auditSensitivity, type SensitivityOptions} from './sensitivity/audit.js';
export {auditNoise, type NoiseOptions} from './noise/audit.js';
export {auditSampler, type SamplerAuditOptions} from './sampler/audit.js';
export {auditSeparation} from './separation/audit.js';
export {auditLedger} from './ledger/audit.js';
export {auditAccounting, type AccountingOptions} from './accounting/audit.js';
export {likelihoodAttack, type AttackedRelease, type AttackOutcome} from './accounting/likelihood_attack.js';
export {auditFloatingPoint} from './floating_point/audit.js';
export {naiveGaussian, precisionAttack} from './floating_point/precision_attack.js';
export {auditOneRun, type OneRunOptions} from './canaries/one_run.js';
export {oneRunEpsilon, oneRunPValue, type Guesses} from './canaries/one_run_bound.js';
export {auditTwoRuns, type TwoRunOptions} from './canaries/two_run.js';
