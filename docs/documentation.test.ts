import {describe, expect, test} from '@jest/globals';
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const guides = readdirSync(join(root, 'docs/guides')).map((name) => `docs/guides/${name}`);
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('every block of JavaScript runs', () => {
  const runner = join(root, 'docs/testing/run_blocks.mjs');
  const pages = ['README.md', ...guides].filter((page) => read(page).includes('```js\n'));

  test.each(pages)('%s', (page) => {
    const output = execFileSync(process.execPath, [runner, join(root, page)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const blocks = read(page).match(/^```js$/gm) ?? [];
    expect(output).toMatch(new RegExp(`^${blocks.length} blocks ran$`, 'm'));
  });

  test('also says which block fails', () => {
    const broken = fileURLToPath(new URL('testing/broken.md', import.meta.url));
    expect(() => execFileSync(process.execPath, [runner, broken], {stdio: 'pipe'})).toThrow(
      /block 2 of .*broken\.md failed/,
    );
  });
});

test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...guides])(
  'every file that %s links to is there',
  (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  },
);
