import type {AuditResult} from '../result.js';

/** Results as lines of text: the claim against the measurement. */
export function tableOf(results: readonly AuditResult[]): string {
  const rows = results.map(({name, claim, measured, bound, relation, passed}) => [
    passed ? 'ok' : 'FAILED',
    name,
    `${short(measured)} ${relation} ${short(bound)}`,
    claim,
  ]);
  const lines = align([['', 'audit', 'measured', 'claim'], ...rows]);
  const failures = results.filter(({passed}) => !passed);
  const rate = results.reduce((sum, {falseAlarmRate}) => sum + falseAlarmRate, 0);
  return [
    ...lines,
    '',
    failures.length === 0
      ? `All ${results.length} audits passed. A right program fails one with probability at most ${short(rate)}.`
      : `${failures.length} of ${results.length} audits FAILED. A right program fails one with probability at most ${short(rate)}.`,
    ...failures.map(({name, detail}) => `  ${name}: ${detail}`),
    '',
  ].join('\n');
}

function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? String(Number(value.toPrecision(4)))
    : value.toExponential(2);
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
