import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';

import {run} from './dp_audit.js';

async function called(argv: readonly string[]): Promise<{code: number; out: string; error: string}> {
  let out = '';
  let error = '';
  const code = await run(argv, {out: (text) => (out += text), error: (text) => (error += text)});
  return {code, out, error};
}

test('a script that exports no subject is told what it needs', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'dp-audit-')), 'model.mjs');
  writeFileSync(path, 'export default {name: "nothing"};');
  const {code, error} = await called([path]);
  expect(code).toBe(2);
  expect(error).toContain('must export an audit subject by default');
});

test('a missing script is an error, help is not', async () => {
  expect((await called([])).code).toBe(2);
  expect(await called(['--help'])).toMatchObject({code: 0, error: ''});
});
