// What is audited.
export {type AuditSubject, type OptimizerOverrides, type Records} from './subject/subject.js';

// What an audit finds.
export {type AuditResult} from './result.js';
export {AuditError} from './errors.js';
export {tableOf} from './report/table.js';

// Audits.
export {auditAll, type AuditAllOptions} from './audit_all.js';
export {auditSensitivity, type SensitivityOptions} from './sensitivity/audit.js';
export {auditNoise, type NoiseOptions} from './noise/audit.js';
export {auditSampler, type SamplerAuditOptions} from './sampler/audit.js';
export {auditSeparation} from './separation/audit.js';
export {auditLedger} from './ledger/audit.js';
export {auditAccounting, type AccountingOptions} from './accounting/audit.js';
export {likelihoodAttack, type AttackedRelease, type AttackOutcome} from './accounting/likelihood_attack.js';
