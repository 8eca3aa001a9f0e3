import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from '@jest/globals';

import {violations} from '../../../../tools/testing/hostile_calls.js';
import * as node from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'dp-hostile-'));
afterAll(() => rmSync(folder, {recursive: true}));

let files = 0;

test('openLedgerFile takes no absurd value', async () => {
  expect(Object.keys(node)).toEqual(['openLedgerFile']);
  const open = (path: unknown, options: unknown): string => {
    const at = typeof path === 'string' && path !== '' ? join(folder, `${files++}`) : path;
    const file = node.openLedgerFile(at as string, options as never);
    file.close();
    return file.path;
  };
  const args = ['a path', {expect: 'new', dropTornRow: false}];
  await expect(violations('openLedgerFile', open, {args, free: ['0']})).resolves.toEqual([]);
});
