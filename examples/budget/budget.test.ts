import {expect, test} from '@jest/globals';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

test('the budget app finds the noise, keeps epsilon below its target, and draws the curve', () => {
  const out = mkdtempSync(join(tmpdir(), 'dp-budget-'));
  try {
    const script = fileURLToPath(new URL('budget.js', import.meta.url));
    const output = execFileSync(process.execPath, [script, '--out', out], {encoding: 'utf8'});
    expect(output).toMatch(/^noise multiplier 1\.\d+ keeps 60 epochs at epsilon 2/m);
    const uppers = [...output.matchAll(/and ([\d.]+)$/gm)].map(([, upper]) => Number(upper));
    expect(uppers).toHaveLength(6);
    expect(uppers).toEqual(uppers.slice().sort((a, b) => a - b));
    expect(uppers.at(-1)).toBeLessThanOrEqual(2);
    expect(uppers.at(-1)).toBeGreaterThan(1.99);
    const shuffled = Number(/Poisson-sampled: epsilon ([\d.]+)/.exec(output)?.[1]);
    expect(shuffled).toBeGreaterThan(20);
    expect(readFileSync(join(out, 'budget.svg'), 'utf8')).toMatch(/^<svg/);
  } finally {
    rmSync(out, {recursive: true});
  }
});
