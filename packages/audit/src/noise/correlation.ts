import {atMost, type AuditResult} from '../result.js';
import {productBound} from '../statistics/bounds.js';
import {flat} from './sample.js';
import type {Residuals} from './residuals.js';

/** Steps, and coordinates, that are held against each other at these distances. */
const LAGS = [1, 2, 3];

/**
 * Whether noise is fresh: uncorrelated between steps, between neighbouring coordinates, between variables, and between two
 * optimizers that start from the same state, as before and after a resume.
 *
 * @param again - The same steps of another optimizer.
 * @param rate - The false-alarm rate of all results together.
 */
export function auditNoiseCorrelation(
  steps: readonly Residuals[],
  again: readonly Residuals[],
  rate: number,
): AuditResult[] {
  const each = rate / 4;
  const rows = steps.map(flat);
  return [
    correlation(
      'between steps',
      LAGS.map((lag) => pairs(rows.slice(lag), rows)),
      each,
    ),
    correlation(
      'between coordinates',
      LAGS.map((lag) =>
        pairs(
          rows.map((row) => row.subarray(lag)),
          rows,
        ),
      ),
      each,
    ),
    correlation('between variables', [betweenVariables(steps)], each),
    correlation('between two runs from one state', [pairs(again.map(flat), rows)], each),
  ];
}

interface Products {
  sum: number;
  count: number;
}

/** Products of the values at the same place of the arrays at the same index. */
function pairs(left: readonly Float64Array[], right: readonly Float64Array[]): Products {
  const products = {sum: 0, count: 0};
  left.forEach((own, index) => {
    const other = right[index];
    if (other === undefined) return;
    const length = Math.min(own.length, other.length);
    for (let i = 0; i < length; i++) products.sum += (own[i] as number) * (other[i] as number);
    products.count += length;
  });
  return products;
}

/** Each variable against the next, from their first coordinates on, all together. */
function betweenVariables(steps: readonly Residuals[]): Products {
  const values = steps.flatMap((step) => step.values.slice(1));
  const before = steps.flatMap((step) => step.values.slice(0, -1));
  return pairs(values, before);
}

function correlation(name: string, groups: readonly Products[], rate: number): AuditResult {
  const off = groups
    .filter(({count}) => count > 0)
    .map(({sum, count}) => ({
      mean: sum / count,
      // Products in a chain share members; every second one does not, so both halves hold to their own bound.
      bound: productBound(count / 2, rate / groups.length / 2),
      count,
    }));
  const worst = off.reduce((a, b) => (Math.abs(b.mean) / b.bound <= Math.abs(a.mean) / a.bound ? a : b), {
    mean: 0,
    bound: 1,
    count: 0,
  });
  return atMost({
    name: `noise: correlation ${name}`,
    claim: 'is 0',
    measured: Math.abs(worst.mean),
    bound: worst.bound,
    detail: `${worst.count} pairs${groups.length > 1 ? `, the worst of ${groups.length} groups` : ''}`,
    falseAlarmRate: rate,
  });
}
