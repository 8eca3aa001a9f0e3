import type {RandomSource} from '@dp/random';

import {atLeast, type AuditResult} from '../result.js';
import {observeAlone} from '../subject/observe.js';
import type {AuditSubject} from '../subject/subject.js';
import {claimedDeviations} from './deviations.js';

/** Beyond this many deviations a normal has less than 2^-200 of its mass, as the sampler's distance claims. */
const REACH = 16;

/**
 * Feeds the sampler the words that make the largest noise, and looks how large it gets. A sampler of 32-bit uniforms stops at
 * 6.7 deviations, which no number of honest draws would show. Chance plays no part.
 */
export function auditNoiseReach(subject: AuditSubject): AuditResult {
  const rarest: RandomSource = {
    name: 'all bits zero (for an audit, protects nobody)',
    secure: false,
    fill: (words) => {
      words.fill(0);
    },
  };
  const observed = observeAlone(subject, {randomSource: rarest}, []);
  const deviations = claimedDeviations(observed, subject);
  const measured = Math.max(
    ...observed.means.map((mean, v) => {
      const largest = mean.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return (largest * observed.row.divisor) / (deviations[v] ?? NaN);
    }),
  );
  return atLeast({
    name: 'noise: reach of the tail',
    claim: `the least likely words of the random source give noise beyond ${REACH} deviations`,
    measured,
    bound: REACH,
    detail: 'all bits of the source set to zero, on an empty batch',
  });
}
