// Checks every published package as npm would pack it: publint (entry points, formats) and attw (types resolve).
import {execFileSync} from 'node:child_process';
import {readdirSync} from 'node:fs';

const bin = (name) => new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname;
let failed = false;
for (const name of readdirSync(new URL('../packages', import.meta.url))) {
  const folder = new URL(`../packages/${name}`, import.meta.url).pathname;
  for (const [tool, args] of [
    ['publint', ['run', '--strict', folder]],
    ['attw', ['--pack', folder, '--profile', 'esm-only', '--format', 'ascii', '--quiet']],
  ]) {
    try {
      execFileSync(bin(tool), args, {stdio: 'inherit'});
    } catch {
      console.error(`${tool} found problems in @dp/${name}`);
      failed = true;
    }
  }
}
process.exitCode = failed ? 1 : 0;
