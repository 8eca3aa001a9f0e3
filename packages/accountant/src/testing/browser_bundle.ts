import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
// In a process of its own: esbuild refuses to run inside the sandboxes of a test runner.
const BUILD = `
import {build} from 'esbuild';
const {outputFiles} = await build({
  entryPoints: ['src/index.ts'], bundle: true, minify: true, write: false,
  platform: 'browser', format: 'iife', globalName: 'accountant',
});
process.stdout.write(outputFiles[0].contents);`;

/** The whole library as one minified script for a browser, whose exports are in the global `accountant`. */
export function browserBundle(): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', BUILD], {
    cwd: PACKAGE,
    encoding: 'utf8',
  });
}
