// What a release would change: runs `changeset version` on a copy of the last commit, prints the versions and changelogs, and names
// a repository in the packages, as the workflow does.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'dp-release-'));
try {
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${root}`, copy]);
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {cwd: copy});
  for (const name of readdirSync(join(copy, 'packages'))) {
    const folder = join(copy, 'packages', name);
    const {version} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const changelog = join(folder, 'CHANGELOG.md');
    console.log(`@dp/${name} ${version}`);
    if (existsSync(changelog)) console.log(readFileSync(changelog, 'utf8').replace(/^/gm, '  '));
  }
  const env = {
    ...process.env,
    GITHUB_SERVER_URL: 'https://example.org',
    GITHUB_REPOSITORY: 'owner/name',
  };
  execFileSync(process.execPath, ['tools/name_repository.mjs'], {cwd: copy, env, stdio: 'inherit'});
} finally {
  rmSync(copy, {recursive: true});
}
