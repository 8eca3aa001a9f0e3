import {beforeAll, describe, expect, test} from '@jest/globals';
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pagesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), {withFileTypes: true}).map((entry) =>
    entry.isDirectory() ? `${folder}/${entry.name}/README.md` : `${folder}/${entry.name}`,
  );
const guides = pagesIn('docs/guides');
const packages = pagesIn('packages');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('every block of JavaScript runs, and prints what it says', () => {
  const runBlocks = (...pages: string[]): {stdout: string; stderr: string} =>
    spawnSync(process.execPath, [join(root, 'docs/testing/run_blocks.mjs'), ...pages], {
      cwd: root,
      encoding: 'utf8',
    });
  const pages = ['README.md', ...guides, ...packages].filter((page) => /^```(js|ts)$/m.test(read(page)));
  let ran: ReturnType<typeof runBlocks>;
  beforeAll(() => {
    ran = runBlocks(...pages);
  });

  test.each(pages)('%s', (page) => {
    const blocks = read(page).match(/^```(js|ts)$/gm) ?? [];
    const line = `${join(root, page)}: ${blocks.length} blocks ran`;
    if (!ran.stdout.split('\n').includes(line)) throw new Error(ran.stderr);
  });

  test.each([
    ['broken', 'block 2 of'],
    ['untrue', 'printed 3\n'],
  ])('else it says which fails: %s.md', (name, message) => {
    const {stdout, stderr} = runBlocks(`docs/testing/${name}.md`);
    expect(stdout).not.toContain('ran');
    expect(stderr).toContain(message);
  });
});

test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...guides, ...packages])(
  'every file that %s links to is there',
  (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  },
);

test('the site has every guide', () => {
  const {projectDocuments} = JSON.parse(read('typedoc.json')) as {projectDocuments: string[]};
  expect(projectDocuments).toEqual(expect.arrayContaining(guides));
});
