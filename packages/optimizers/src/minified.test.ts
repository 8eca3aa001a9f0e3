import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {build, type BuildOptions} from 'esbuild';

import {OPTIMIZERS} from './testing/optimizers.js';

/** One file, and no name that is only a name. */
const MINIFIED: BuildOptions = {
  bundle: true,
  minify: true,
  write: false,
  conditions: ['@dp/source'],
  logLevel: 'silent',
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
};

async function minified(options: BuildOptions): Promise<string> {
  const {outputFiles = []} = await build({...MINIFIED, ...options});
  return outputFiles.map(({text}) => text).join('\n');
}

describe('bundled and minified', () => {
  test('every optimizer trains, is saved and loaded under the same name', async () => {
    const entryPoints = ['src/testing/minified_program.ts'];
    // tf.js's build for Node does not say that registering a backend is an effect.
    const code = await minified({entryPoints, platform: 'node', format: 'cjs', ignoreAnnotations: true});
    const output = execFileSync(process.execPath, ['-'], {
      input: code,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual(
      OPTIMIZERS.map(({name}) => ({
        className: `@dp/optimizers>${name}`,
        ledger: [`${name}-0`, `${name}-0`],
        isPrivate: true,
        iterations: 2,
      })),
    );
  });

  test('fits a browser: the main entry asks for no module of Node', async () => {
    const code = await minified({entryPoints: ['src/index.ts'], platform: 'browser', format: 'esm'});
    expect(code).not.toContain('node:fs');
    const asking = minified({entryPoints: ['src/node/index.ts'], platform: 'browser', format: 'esm'});
    await expect(asking).rejects.toThrow('node:fs');
  });

  test('importing the package for nothing but its classes keeps them, so that saved models load', async () => {
    const code = await minified({
      stdin: {contents: "import '@dp/optimizers';", resolveDir: MINIFIED.absWorkingDir!},
      external: ['@tensorflow/*'],
      platform: 'browser',
      format: 'esm',
    });
    for (const {name} of OPTIMIZERS) expect(code).toContain(`@dp/optimizers>${name}`);
  });
});
