// What is audited.
export {type AuditSubject, type OptimizerOverrides, type Records} from './subject/subject.js';

// What an audit finds.
export {type AuditResult} from './result.js';
export {AuditError} from './errors.js';
export {tableOf} from './report/table.js';

// Audits.
export {AUDIT_NAMES, auditAll, type AuditAllOptions, type AuditName, type AuditReport} from './audit_all.js';
export {auditSensitivity, type SensitivityOptions} from './sensitivity/audit.js';
export {auditNoise, type NoiseOptions} from './noise/audit.js';
export {auditSampler, type SamplerAuditOptions} from './sampler/audit.js';
export {auditSeparation} from './separation/audit.js';
export {auditUpdate} from './update/audit.js';
export {auditLedger} from './ledger/audit.js';
export {auditAccounting, type AccountingOptions} from './accounting/audit.js';
export {likelihoodAttack, type AttackedRelease, type AttackOutcome} from './accounting/likelihood_attack.js';
export {auditFloatingPoint} from './floating_point/audit.js';
export {naiveGaussian, precisionAttack} from './floating_point/precision_attack.js';
export {auditOneRun, type OneRunOptions} from './canaries/one_run.js';
export {canaryCoins} from './canaries/coins.js';
export {boundOfScores, type GuessedBound, type ScoredCanaries} from './canaries/guesses.js';
export {ParticipationScores} from './canaries/participation.js';
export {oneRunEpsilon, oneRunPValue, type Guesses} from './canaries/one_run_bound.js';
export {auditTwoRuns, type TwoRunOptions} from './canaries/two_run.js';
export {auditMembership, type MembershipOptions, type MembershipReport} from './membership/audit.js';
export {type MembershipSubject, type TrainedModel} from './membership/subject.js';
export {likelihoodRatios, type Shadow} from './membership/lira.js';
export {
  largestTruePositiveRate,
  rocOf,
  truePositiveRateAt,
  type RateWithin,
  type Roc,
  type RocPoint,
} from './membership/roc.js';
export {rocChart} from './membership/chart.js';
export {rocTable} from './membership/report.js';
export {
  auditExposure,
  type CanaryExposure,
  type ExposureOptions,
  type ExposureReport,
} from './secret_sharer/audit.js';
export {type SecretSharerSubject, type TrainedLanguageModel} from './secret_sharer/subject.js';
export {
  exposureByExtrapolation,
  exposureByRank,
  type ExtrapolatedExposure,
} from './secret_sharer/exposure.js';
export {type SkewNormal} from './secret_sharer/skew_normal.js';
