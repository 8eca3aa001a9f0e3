import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from '@jest/globals';

import type {AuditReport} from '../audit_all.js';
import {run} from './dp_audit.js';

async function called(...argv: readonly string[]): Promise<{code: number; out: string; error: string}> {
  let out = '';
  let error = '';
  const code = await run(argv, {out: (text) => (out += text), error: (text) => (error += text)});
  return {code, out, error};
}

const script = (name: string): string =>
  fileURLToPath(new URL(`../testing/scripts/${name}.ts`, import.meta.url));

test('a model whose audits pass exits with 0', async () => {
  const {code, out} = await called(script('honest'), '--only', 'ledger,separation');
  expect(code).toBe(0);
  expect(out).toContain('ok  ledger: row before noise');
  expect(out).toContain('All 4 audits passed');
});

test('a model of which an audit fails exits with 1, and says which, as a table or as JSON', async () => {
  // A cut sampler passes with a probability below 1e-9: its batches are 12 deviations too small.
  const table = await called(script('lying'), '--only=sampler');
  expect(table.code).toBe(1);
  expect(table.out).toContain('FAILED  sampler: mean batch size');
  const json = await called(script('lying'), '--json', '--only=sampler');
  expect(json.code).toBe(1);
  const {subject, results} = JSON.parse(json.out) as AuditReport & {subject: string};
  expect(subject).toBe('two dense layers');
  const failed = results.filter(({passed}) => !passed).map(({name}) => name);
  expect(failed).toContain('sampler: mean batch size');
  expect(results.find(({name}) => name === 'sampler: records')).toMatchObject({
    measured: 0,
    bound: 0,
    passed: true,
  });
});

test('a script that exports no subject is told what it needs', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'dp-audit-')), 'model.mjs');
  writeFileSync(path, 'export default {name: "nothing"};');
  const {code, error} = await called(path);
  expect(code).toBe(2);
  expect(error).toContain('must export an audit subject by default');
});

test('misuse exits with 2, help with 0', async () => {
  expect((await called()).code).toBe(2);
  expect((await called('model.js', '--unknown')).code).toBe(2);
  const misnamed = await called('model.js', '--only=noises');
  expect(misnamed.code).toBe(2);
  expect(misnamed.error).toContain("'noises' is none of the audits sensitivity, noise,");
  expect(await called('--help')).toMatchObject({code: 0, error: ''});
});

test('a script that is not there, or breaks, is one line and 2', async () => {
  const missing = await called('no-such-model.js', '--only=ledger');
  expect(missing.code).toBe(2);
  expect(missing.error).toMatch(/^dp-audit: no-such-model\.js could not be loaded: .*\n$/);
});
