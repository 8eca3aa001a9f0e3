import {describe, expect, test} from '@jest/globals';
import {gaussianEpsilon} from '@dp/accountant';
import {seededSource} from '@dp/random';
import fc from 'fast-check';

import {canaryCoins} from '../canaries/coins.js';
import {AuditError} from '../errors.js';
import {normalTail} from '../statistics/normal_tail.js';
import {seededNormals} from '../testing/normals.js';
import {answersOf} from './answers.js';
import {auditMembership} from './audit.js';
import {rocChart} from './chart.js';
import {likelihoodRatios} from './lira.js';
import {fitLogistic} from './logistic.js';
import {rocTable} from './report.js';
import {largestTruePositiveRate, rocOf, truePositiveRateAt} from './roc.js';
import type {MembershipSubject} from './subject.js';

describe('curves', () => {
  test('a score that tells all, one that tells nothing, and one of a known area', () => {
    const isMember = [true, true, false, false];
    expect(rocOf('a', [4, 3, 2, 1], isMember).area).toBe(1);
    expect(rocOf('a', [7, 7, 7, 7], isMember)).toMatchObject({area: 0.5, members: 2, others: 2});
    expect(rocOf('a', [4, 2, 3, 1], isMember).area).toBe(0.75);
    expect(truePositiveRateAt(rocOf('a', [4, 2, 3, 1], isMember), 0).rate).toBe(0.5);
  });

  test('the area is the share of pairs in order, ties counted half', () => {
    const record = fc.record({score: fc.integer({min: 0, max: 5}), member: fc.boolean()});
    const both = fc.array(record, {minLength: 2, maxLength: 30}).filter((records) => {
      const members = records.filter(({member}) => member).length;
      return members > 0 && members < records.length;
    });
    fc.assert(
      fc.property(both, (records) => {
        const members = records.filter(({member}) => member);
        const others = records.filter(({member}) => !member);
        const wins = members.flatMap((a) =>
          others.map((b) => (a.score > b.score ? 1 : a.score === b.score ? 1 / 2 : 0)),
        );
        const {area} = rocOf(
          'a',
          records.map(({score}) => score),
          records.map(({member}) => member),
        );
        expect(area).toBeCloseTo(wins.reduce<number>((sum, win) => sum + win, 0) / wins.length, 12);
      }),
    );
  });

  test('epsilon bounds what a Gaussian release lets an attack reach', () => {
    const delta = 1e-3;
    const claim = {epsilon: gaussianEpsilon({noiseMultiplier: 1, delta}), delta};
    for (const cut of [-2, -1, 0, 0.5, 1, 2, 3]) {
      const [falsePositives, truePositives] = [normalTail(cut), normalTail(cut - 1)];
      expect(truePositives).toBeLessThanOrEqual(largestTruePositiveRate(falsePositives, claim));
    }
    expect(largestTruePositiveRate(0.3, {epsilon: 0, delta: 0})).toBeCloseTo(0.3, 15);
  });
});

test('answers are those of the softmax, also where a class is certain', () => {
  const [answer, certain] = answersOf(Float32Array.of(1, 2, 3, 90, 0, 0), {labels: [2, 0], numClasses: 3});
  const p = [1, 2, 3].map((logit) => Math.exp(logit) / (Math.exp(1) + Math.exp(2) + Math.exp(3))) as [
    number,
    number,
    number,
  ];
  expect(answer?.loss).toBeCloseTo(-Math.log(p[2]), 12);
  expect(answer?.entropy).toBeCloseTo(-p.reduce((sum, own) => sum + own * Math.log(own), 0), 12);
  expect(answer?.confidence).toBeCloseTo(Math.log(p[2] / (1 - p[2])), 12);
  expect(answer?.modifiedEntropy).toBeCloseTo(
    -(1 - p[2]) * Math.log(p[2]) - p[0] * Math.log(1 - p[0]) - p[1] * Math.log(1 - p[1]),
    12,
  );
  expect(certain?.confidence).toBeCloseTo(90 - Math.LN2, 12);
  expect(certain?.modifiedEntropy).toBeCloseTo(0, 12);
  expect(() => answersOf(new Float32Array(5), {labels: [0], numClasses: 3})).toThrow('1 rows of 3 logits');
  expect(() => answersOf(Float32Array.of(NaN), {labels: [0], numClasses: 1})).toThrow(AuditError);
});

test('logistic regression finds the odds that classes were drawn by', () => {
  const inputs = seededNormals(4000, 1);
  const noise = seededNormals(4000, 2);
  const rows = Array.from({length: 2000}, (_, i) => [
    5 + 3 * (inputs[2 * i] as number),
    inputs[2 * i + 1] as number,
  ]);
  // The class is 1 if 2 u + noise > 0, where u is the first feature standardised: a probit, whose odds grow with u alone.
  const isIn = rows.map((_, i) => 2 * (inputs[2 * i] as number) + (noise[i] as number) > 0);
  const classify = fitLogistic(rows, isIn);
  expect(classify([11, 0])).toBeGreaterThan(4);
  expect(classify([-1, 0])).toBeLessThan(-4);
  // Not by the second: within 6 standard errors, of about 0.09 each.
  expect(Math.abs(classify([5, 1]) - classify([5, -1])) / 2).toBeLessThan(0.55);
});

test('likelihood ratios see what a threshold does not: records that are hard, each in its own way', () => {
  const records = 400;
  const hardness = seededNormals(records, 3).map((value) => 10 * value);
  const coins = Array.from({length: 33}, (_, m) => canaryCoins(records, seededSource(100 + m)));
  const shadows = coins.map((isMember, m) => {
    const noise = seededNormals(records, 200 + m);
    return {
      isMember,
      confidences: hardness.map((own, i) => own + 2 * Number(isMember[i]) + (noise[i] as number)),
    };
  });
  const [target, ...known] = shadows as [(typeof shadows)[0], ...typeof shadows];
  const {online, offline} = likelihoodRatios(target.confidences, known);
  // Two normals at distance 2: area P(N > -2 / sqrt 2) = 0.921, less what 32 shadows leave uncertain.
  expect(rocOf('online', online, target.isMember).area).toBeGreaterThan(0.87);
  expect(rocOf('offline', offline, target.isMember).area).toBeGreaterThan(0.85);
  expect(rocOf('threshold', target.confidences, target.isMember).area).toBeLessThan(0.65);
});

/** Two classes of random points; a "model" is the sum of its members, each of norm 1, turned to its class, plus noise. */
function sumSubject(noise: number, claimed: number | undefined): MembershipSubject {
  const [records, width] = [60, 80];
  const values = seededNormals(records * width, 4);
  const points = Array.from({length: records}, (_, i) => {
    const row = values.slice(i * width, (i + 1) * width);
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  });
  const labels = points.map((_, i) => i % 2);
  const delta = 1e-8;
  let trained = 0;
  return {
    name: 'a sum',
    labels,
    numClasses: 2,
    train: (isMember) => {
      const sum = seededNormals(width, 1000 + trained++).map((value) => noise * value);
      points.forEach((point, i) => {
        if (isMember[i] === true)
          point.forEach((value, k) => (sum[k] = (sum[k] as number) + (labels[i] === 0 ? value : -value)));
      });
      const scores = points.map(
        (point) => 4 * point.reduce((total, value, k) => total + value * (sum[k] as number), 0),
      );
      return {
        logits: Float32Array.from(scores.flatMap((score) => [score, -score])),
        ...(claimed !== undefined && {
          claim: {epsilon: gaussianEpsilon({noiseMultiplier: claimed, delta}), delta},
        }),
      };
    },
  };
}

describe('attacks', () => {
  // The coins are fresh: each model's records differ. Rates below are of a false bound; areas are 10 deviations away.
  test('succeed without noise, and find no more than its epsilon with it', async () => {
    const options = {targets: 4, shadows: 8, falseAlarmRate: 1e-9};
    const {curves, results} = await auditMembership(sumSubject(0, undefined), options);
    expect(results).toEqual([]);
    const online = curves.find(({attack}) => attack === 'LiRA, online');
    expect(online?.area).toBeGreaterThan(0.75);
    const honest = await auditMembership(sumSubject(2, 2), options);
    expect(honest.results[0]?.passed).toBe(true);
    expect(rocTable(honest.curves, honest.claim)).toContain('any attack, by epsilon');
    expect(JSON.stringify(rocChart([{title: 'a', ...honest}]))).toContain('what epsilon allows');
  });

  test('a claim that is too small is refuted', async () => {
    const {results} = await auditMembership(sumSubject(0, 30), {
      targets: 8,
      shadows: 8,
      falseAlarmRate: 1e-3,
    });
    expect(results[0]).toMatchObject({passed: false, name: 'membership: lower bound of epsilon'});
  });

  test('too few shadows are refused', async () => {
    await expect(auditMembership(sumSubject(1, 1), {shadows: 3})).rejects.toThrow(
      'shadows must be at least 4, got 3',
    );
  });
});
