// Writes into every package the public repository that it is published from, which npm's provenance compares with that of the
// build: the one in which the release workflow runs. So no address has to be kept in the sources.
//   GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=OWNER/NAME node tools/name_repository.mjs
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const {GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository} = process.env;
if (!server?.startsWith('https://') || !/^[^/]+\/[^/]+$/.test(repository ?? '')) {
  throw new Error(
    'GITHUB_SERVER_URL and GITHUB_REPOSITORY (OWNER/NAME) must name the repository, as they do in a workflow of GitHub; ' +
      `got ${server} and ${repository}`,
  );
}

for (const name of readdirSync('packages')) {
  const file = join('packages', name, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const url = `git+${server}/${repository}.git`;
  manifest.repository = {type: 'git', url, directory: `packages/${name}`};
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`@dp/${name}: ${url}`);
}
