import {Ledger} from '@dp/optimizers';

import {atMost, type AuditResult} from '../result.js';
import {varianceBound} from '../statistics/bounds.js';
import {observeStep} from '../subject/observe.js';
import type {AuditSubject} from '../subject/subject.js';

/** How the ledger writes adaptive clipping down. */
const ADAPTIVE = /^adaptive, target quantile (\S+), learning rate (\S+), count noise (\S+)$/;

/**
 * With adaptive clipping the next clip norm tells the noisy count: on empty batches, whose count is 0, its noise alone. Holds its
 * variance against the count's own ledger row.
 *
 * @returns Nothing where clipping is not adaptive.
 */
export function auditCountNoise(subject: AuditSubject, steps: number, rate: number): AuditResult[] {
  const ledger = new Ledger();
  const optimizer = subject.optimizer({ledger});
  for (let step = 0; step <= steps; step++) {
    observeStep(subject, optimizer, []);
    if (ledger.rows.at(-1)?.clipping.startsWith('adaptive') !== true) break;
  }
  optimizer.dispose();
  const gradients = ledger.rows.filter(({what}) => what === 'gradientSum');
  const counts = ledger.rows.filter(({what}) => what === 'belowClipCount');
  if (counts.length === 0) return [];
  const squares = counts.slice(0, -1).map((count, t) => {
    const [, target = NaN, learningRate = NaN] = (ADAPTIVE.exec(count.clipping) ?? []).map(Number);
    const ratio = Math.log((gradients[t + 1]?.l2NormClip ?? NaN) / count.l2NormClip);
    const noise = (target - ratio / learningRate - 1 / 2) * count.divisor;
    return (noise / (count.noiseMultiplier * count.sensitivity)) ** 2;
  });
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  return [
    atMost({
      name: 'noise: variance of the count',
      claim: "is that of the count's own row, up to a factor",
      measured: Math.abs(mean - 1),
      bound: varianceBound(squares.length, rate),
      detail: `${mean.toFixed(4)} times the claimed variance over ${squares.length} counts`,
      falseAlarmRate: rate,
    }),
  ];
}
