import {expect, jest, test} from '@jest/globals';
import {seededSource} from '@dp/random';

import {violations, type HostileCall, type Untested} from '../../../tools/testing/hostile_calls.js';
import * as audit from './index.js';

jest.setTimeout(60_000);

const NEEDS_A_SUBJECT = 'takes a subject, which is a program';
const SCORES = [4, 3, 2, 1];
const IS_IN = [true, true, false, false];
const ROC = audit.rocOf('threshold', SCORES, IS_IN);
const source = seededSource(1);

// A number that is none would make a bound of 0, which every claim is above.
const CALLS: Readonly<Record<keyof typeof audit, HostileCall | Untested>> = {
  AuditError: 'an error',
  tableOf: 'shows what was found',
  AUDIT_NAMES: 'a list',
  auditAll: {
    args: [{falseAlarmRate: 1e-5, only: ['canaries']}],
    // Nothing of it is asked for without what its claim is.
    call: (options) => {
      try {
        return audit.auditAll({} as never, options);
      } catch (error) {
        if (error instanceof audit.AuditError) throw error;
        return 'the subject is none';
      }
    },
  },
  auditSensitivity: NEEDS_A_SUBJECT,
  auditNoise: NEEDS_A_SUBJECT,
  auditSampler: NEEDS_A_SUBJECT,
  auditSeparation: NEEDS_A_SUBJECT,
  auditUpdate: NEEDS_A_SUBJECT,
  auditLedger: NEEDS_A_SUBJECT,
  auditAccounting: NEEDS_A_SUBJECT,
  auditFloatingPoint: NEEDS_A_SUBJECT,
  auditOneRun: NEEDS_A_SUBJECT,
  auditTwoRuns: NEEDS_A_SUBJECT,
  auditMembership: NEEDS_A_SUBJECT,
  auditExposure: NEEDS_A_SUBJECT,
  likelihoodAttack: {
    args: [[{samplingProbability: 0.5, noiseMultiplier: 1}], 0.5, {runs: 10, rate: 0.01}],
    // Runs without end are what was asked for.
    whole: ['2'],
    free: ['2'],
  },
  naiveGaussian: {args: [0, 1, source], whole: ['2']},
  precisionAttack: {args: [[0.5, 0.25], 0.125]},
  canaryCoins: {args: [3], call: (count) => audit.canaryCoins(count, source)},
  boundOfScores: {args: [{scores: SCORES, isIn: IS_IN}, 1e-5, 0.05]},
  ParticipationScores: {
    args: [2, [0.5, 0.25], {samplingProbability: 0.5, noiseMultiplier: 1}],
    call: (canaries, seen, step) => {
      const participation = new audit.ParticipationScores(canaries);
      participation.add(seen, step);
      return [...participation.scores];
    },
  },
  oneRunEpsilon: {args: [{canaries: 100, guesses: 10, right: 9}, 1e-5, 0.05]},
  oneRunPValue: {args: [{canaries: 100, guesses: 10, right: 9}, 1, 1e-5]},
  likelihoodRatios: {
    args: [
      [1, 2],
      [
        {confidences: [1, 2], isMember: [true, false]},
        {confidences: [2, 1], isMember: [false, true]},
      ],
    ],
  },
  largestTruePositiveRate: {args: [0.1, {epsilon: 1, delta: 1e-5}]},
  rocOf: {
    args: [SCORES, IS_IN],
    call: (scores, isMember) => audit.rocOf('threshold', scores, isMember),
  },
  truePositiveRateAt: {args: [ROC, 0.1, 0.05], whole: ['0']},
  rocChart: 'draws what rocOf made',
  rocTable: 'shows what rocOf made',
  exposureByExtrapolation: {args: [1, Float64Array.of(1, 2, 4)]},
  exposureByRank: {args: [1, Float64Array.of(1, 2, 4)]},
};

test.each(Object.keys(audit) as (keyof typeof audit)[])('%s takes no absurd value', async (name) => {
  const entry = CALLS[name];
  if (typeof entry === 'string') return;
  const call = entry.call ?? (audit[name] as never);
  await expect(violations(name, call, entry)).resolves.toEqual([]);
});
