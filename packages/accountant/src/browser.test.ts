import {execFileSync} from 'node:child_process';
import {accessSync, constants, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {createContext, runInContext} from 'node:vm';
import {gzipSync} from 'node:zlib';
import {beforeAll, expect, test} from '@jest/globals';
import {gaussian, poissonSampled} from './event.js';
import {PldAccountant} from './pld/accountant.js';
import {browserBundle} from './testing/browser_bundle.js';

const WORK = `
const {PldAccountant, RdpAccountant, gaussian, poissonSampled} = accountant;
const step = poissonSampled({samplingProbability: 0.01, event: gaussian({noiseMultiplier: 1.1})});
const {lower, upper} = new PldAccountant().compose(step, 1000).epsilon(1e-5);
JSON.stringify({lower, upper, rdp: new RdpAccountant().compose(step, 1000).epsilon(1e-5)});`;

let script = '';
beforeAll(() => {
  script = browserBundle();
});

function check(result: string): void {
  const step = poissonSampled({samplingProbability: 0.01, event: gaussian({noiseMultiplier: 1.1})});
  const {lower, upper} = new PldAccountant().compose(step, 1000).epsilon(1e-5);
  const {rdp, ...bounds} = JSON.parse(result) as {lower: number; upper: number; rdp: number};
  // Engines may differ by a rounding of exp or log.
  expect(bounds).toEqual({lower: expect.closeTo(lower, 9), upper: expect.closeTo(upper, 9)});
  expect(rdp).toBeGreaterThan(upper);
}

test('the bundle for browsers is smaller than 40 kB', () => {
  expect(gzipSync(script, {level: 9}).length).toBeLessThan(40_000);
});

test('it runs in a bare context, with the language and nothing else', () => {
  check(runInContext(`${script}\n${WORK}`, createContext({})) as string);
});

const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find(isExecutable);

(chromium === undefined ? test.skip : test)(
  'it runs in Chromium (skipped where that is not installed)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'dp-accountant-'));
    try {
      const page = join(folder, 'page.html');
      writeFileSync(
        page,
        `<!doctype html><meta charset="utf-8"><body><script>${script}</script><script>
      document.body.textContent = 'result:' + (() => {${WORK.replace('JSON.stringify', 'return JSON.stringify')}})();
      </script>`,
      );
      const argv = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}`, '--dump-dom'];
      const dom = execFileSync(chromium!, [...argv, `file://${page}`], {encoding: 'utf8', stdio: 'pipe'});
      check(/result:(\{.*\})/.exec(dom)![1]!);
    } finally {
      rmSync(folder, {recursive: true, force: true, maxRetries: 5});
    }
  },
);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
