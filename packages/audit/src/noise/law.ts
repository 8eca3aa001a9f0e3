import {atMost, type AuditResult} from '../result.js';
import {countSurprise, distributionBound, meanBound, varianceBound} from '../statistics/bounds.js';
import {normalTail} from '../statistics/normal_tail.js';
import {drawsOf, meanSquare} from './sample.js';
import type {Residuals} from './residuals.js';

/** Deviations beyond which draws are counted. */
const TAILS = [1, 2, 3, 4];

/**
 * Whether draws are standard normals: mean, variance (over all, in each variable, where no example came, for batches that
 * were empty, whole or in pieces), distribution, tails.
 *
 * @param rate - The false-alarm rate of all results together.
 */
export function auditNoiseLaw(steps: readonly Residuals[], rate: number): AuditResult[] {
  const each = rate / 8;
  const all = drawsOf(steps);
  const variables = (steps[0]?.values ?? []).map((_, v) => v);
  return [
    atMost({
      name: 'noise: mean',
      claim: 'is 0, in standard deviations',
      measured: Math.abs(all.reduce((sum, draw) => sum + draw, 0) / all.length),
      bound: meanBound(all.length, each),
      detail: `${all.length} draws`,
      falseAlarmRate: each,
    }),
    variance('variance', "is the ledger's (z C)^2", [all], each),
    variance(
      'variance in each variable',
      'is the same in every variable',
      variables.map((variable) => drawsOf(steps, {variable})),
      each,
    ),
    variance(
      'variance of untouched coordinates',
      'is the same where no example came',
      [drawsOf(steps, {untouched: true})],
      each,
    ),
    variance(
      'variance by batch',
      'is the same for batches that are empty, whole or in pieces',
      (['empty', 'whole', 'in pieces'] as const).map((kind) => drawsOf(steps, {kind})),
      each,
    ),
    distribution(all, each),
    tails(all, each),
  ];
}

function variance(name: string, claim: string, groups: readonly Float64Array[], rate: number): AuditResult {
  const off = groups
    .filter(({length}) => length > 0)
    .map((draws) => {
      const square = meanSquare(draws);
      return {
        square,
        draws: draws.length,
        ratio: Math.abs(square - 1) / varianceBound(draws.length, rate / groups.length),
      };
    });
  const worst = off.reduce((a, b) => (b.ratio <= a.ratio ? a : b), {square: 1, draws: 0, ratio: 0});
  const bound = varianceBound(worst.draws, rate / groups.length);
  return atMost({
    name: `noise: ${name}`,
    claim: `${claim}, up to a factor`,
    measured: Math.abs(worst.square - 1),
    bound,
    detail: `${worst.square.toFixed(4)} times the claimed variance over ${worst.draws} draws${groups.length > 1 ? `, the worst of ${groups.length} groups` : ''}`,
    falseAlarmRate: rate,
  });
}

/** Kolmogorov and Smirnov's distance, over all steps between draws. */
function distribution(draws: Float64Array, rate: number): AuditResult {
  const sorted = draws.slice().sort();
  let distance = 0;
  sorted.forEach((draw, i) => {
    const below = 1 - normalTail(draw);
    distance = Math.max(distance, below - i / sorted.length, (i + 1) / sorted.length - below);
  });
  return atMost({
    name: 'noise: distribution',
    claim: 'is normal (distance of Kolmogorov and Smirnov)',
    measured: distance,
    bound: distributionBound(sorted.length, rate),
    detail: `${sorted.length} draws`,
    falseAlarmRate: rate,
  });
}

function tails(draws: Float64Array, rate: number): AuditResult {
  const surprises = TAILS.map((x) => {
    const beyond = draws.reduce((count, draw) => count + Number(Math.abs(draw) > x), 0);
    return {x, beyond, surprise: countSurprise(beyond, draws.length, 2 * normalTail(x))};
  });
  const worst = surprises.reduce((a, b) => (b.surprise <= a.surprise ? a : b));
  const expected = 2 * normalTail(worst.x) * draws.length;
  return atMost({
    name: 'noise: tails',
    claim: `as many draws beyond ${TAILS.join(', ')} deviations as normal (-log of the probability)`,
    measured: worst.surprise,
    bound: Math.log(TAILS.length / rate),
    detail: `${worst.beyond} draws beyond ${worst.x} deviations, where ${expected.toFixed(1)} are expected`,
    falseAlarmRate: rate,
  });
}
