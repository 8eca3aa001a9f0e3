import type {AuditResult} from '../result.js';
import {observeAlone} from '../subject/observe.js';
import type {AuditSubject} from '../subject/subject.js';
import {auditCountNoise} from './count.js';
import {auditNoiseCorrelation} from './correlation.js';
import {auditNoiseLaw} from './law.js';
import {auditNoiseReach} from './reach.js';
import {auditGroups} from './deviations.js';
import {measureResiduals} from './residuals.js';

/** Options of `auditNoise`. */
export interface NoiseOptions {
  /** Draws to look at, over all steps. Default: 200,000, which show a deviation that is 1.5 % off. */
  readonly draws?: number;
  /** The false-alarm rate of all results together. Default: 1e-6. */
  readonly falseAlarmRate?: number;
}

/** Counts of adaptive clipping that are looked at. */
const COUNTS = 400;

/** At least so many steps, in kinds that take turns. */
const LEAST_STEPS = 12;

/**
 * Measures the noise of a step against its ledger row: its law, its independence, how far its tail reaches.
 *
 * Clipping per layer is measured by each group's own noise, and trees by their prefix sums.
 *
 * @throws AuditError for steps without noise, and more groups than the ledger lists.
 */
export function auditNoise(
  subject: AuditSubject,
  {draws = 200_000, falseAlarmRate = 1e-6}: NoiseOptions = {},
): AuditResult[] {
  const size = subject.variables.reduce((total, variable) => total + variable.size, 0);
  const steps = Math.max(LEAST_STEPS, Math.ceil(draws / size));
  const residuals = measureResiduals(subject, steps);
  const again = measureResiduals(subject, LEAST_STEPS);
  return [
    ...auditNoiseLaw(residuals, falseAlarmRate / 3),
    ...auditNoiseCorrelation(residuals, again, falseAlarmRate / 3),
    ...auditCountNoise(subject, COUNTS, falseAlarmRate / 3),
    ...auditGroups(observeAlone(subject, {}, []).row),
    auditNoiseReach(subject),
  ];
}
