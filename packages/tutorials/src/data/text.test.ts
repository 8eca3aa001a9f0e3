import {afterAll, describe, expect, test} from '@jest/globals';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {SHAKESPEARE_ALPHABET} from './characters.js';
import {loadText} from './text.js';

const folder = mkdtempSync(join(tmpdir(), 'dp-text-'));
afterAll(() => rmSync(folder, {recursive: true}));

describe('a text', () => {
  test('of your own is a file, or all .txt files of a folder in their order', async () => {
    writeFileSync(join(folder, 'b.txt'), 'zwei€');
    writeFileSync(join(folder, 'a.txt'), 'eins');
    writeFileSync(join(folder, 'c.md'), 'no');
    expect(await loadText({dataDir: folder})).toMatchObject({text: 'eins\nzwei€', source: 'own'});
    expect(await loadText({dataDir: join(folder, 'c.md')})).toMatchObject({text: 'no', source: 'own'});
  });

  test.each([
    ['missing.txt', 'is missing'],
    ['binary', 'is no UTF-8 text'],
  ])('that is %s is refused', async (name, message) => {
    writeFileSync(join(folder, 'binary'), Uint8Array.of(0xff, 0xfe));
    await expect(loadText({dataDir: join(folder, name)})).rejects.toThrow(message);
  });

  test('called Tiny Shakespeare is checked to be it', async () => {
    const other = mkdtempSync(join(folder, 'altered-'));
    writeFileSync(join(other, 'tinyshakespeare.txt'), 'To be, or not');
    await expect(loadText({dataDir: other})).rejects.toThrow(/tinyshakespeare\.txt.* truncated/);
  });

  test('can do without the network: the documentation of these packages, said so', async () => {
    const {DP_DATA_DIR} = process.env;
    delete process.env['DP_DATA_DIR'];
    try {
      const {text, source, notice} = await loadText({offline: true, cacheDir: folder});
      expect(source).toBe('documentation');
      expect(text).toContain('# @dp/optimizers');
      expect(notice).toMatch(/^Tiny Shakespeare could not be downloaded\./);
    } finally {
      if (DP_DATA_DIR !== undefined) process.env['DP_DATA_DIR'] = DP_DATA_DIR;
    }
  });

  const given = process.env['DP_DATA_DIR'] === undefined ? test.skip : test;
  given('that is Tiny Shakespeare has 1,115,394 characters of 65', async () => {
    const {text, source} = await loadText();
    expect(source).toBe('shakespeare');
    expect(text).toHaveLength(1_115_394);
    expect([...new Set(text)].sort().join('')).toBe([...new Set(SHAKESPEARE_ALPHABET)].sort().join(''));
  });
});
