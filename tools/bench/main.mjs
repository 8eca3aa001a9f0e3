// npm run bench -- NAME [options]: runs packages/NAME/bench/NAME.mjs or tools/bench/NAME.mjs.
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scripts = new Map();
for (const name of readdirSync(`${root}/packages`)) add(name, `packages/${name}/bench/${name}.mjs`);
for (const file of readdirSync(`${root}/tools/bench`))
  add(file.replace('.mjs', '').replaceAll('_', '-'), `tools/bench/${file}`);
scripts.delete('main');

const [name, ...options] = process.argv.slice(2);
const script = scripts.get(name);
if (script === undefined) {
  console.error(`bench: name one of ${[...scripts.keys()].sort().join(', ')}; got ${name ?? 'none'}`);
  process.exitCode = 2;
} else {
  process.exitCode = spawnSync(process.execPath, [script, ...options], {stdio: 'inherit'}).status ?? 1;
}

function add(key, path) {
  if (path.endsWith('.mjs') && existsSync(`${root}/${path}`)) scripts.set(key, `${root}/${path}`);
}
