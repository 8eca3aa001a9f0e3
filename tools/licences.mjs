// What users of our packages install: every runtime dependency and its own, with licence and install script. `npm run licences`.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The folder that Node finds a package in, from another's. */
function locate(name, from) {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  return undefined;
}

const root = process.cwd();
const found = new Map();
const missing = new Set();
function visit(folder, isOurs) {
  const {dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {}} = manifest(folder);
  const optional = (name) => peerDependenciesMeta[name]?.optional === true;
  const peers = Object.keys(peerDependencies).filter((name) => isOurs || !optional(name));
  for (const name of [...Object.keys(dependencies), ...peers]) {
    if (name.startsWith('@dp/')) continue;
    const place = locate(name, folder);
    if (place === undefined) missing.add(name);
    else {
      const {version, license = 'not said', scripts = {}} = manifest(place);
      if (found.has(`${name}@${version}`)) continue;
      const script = ['preinstall', 'install', 'postinstall'].some((when) => when in scripts);
      found.set(`${name}@${version}`, {
        license: typeof license === 'string' ? license : license.type,
        script,
      });
      visit(place, false);
    }
  }
}
for (const name of readdirSync(join(root, 'packages'))) visit(join(root, 'packages', name), true);

const rows = [...found].sort(([a], [b]) => a.localeCompare(b));
for (const [name, {license, script}] of rows) {
  console.log(`${name.padEnd(48)} ${license}${script ? '   HAS AN INSTALL SCRIPT' : ''}`);
}
const counts = new Map();
for (const [, {license}] of rows) counts.set(license, (counts.get(license) ?? 0) + 1);
const summary = [...counts].sort(([, a], [, b]) => b - a).map(([license, count]) => `${license} ${count}`);
console.log(`\n${rows.length} packages: ${summary.join(', ')}`);
const scripts = rows.filter(([, {script}]) => script).map(([name]) => name);
console.log(`With an install script: ${scripts.length === 0 ? 'none' : scripts.join(', ')}`);
if (missing.size > 0) console.log(`Not installed here: ${[...missing].join(', ')}`);
