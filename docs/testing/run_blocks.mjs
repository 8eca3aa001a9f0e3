// Runs the JavaScript blocks of pages, in their order, each as a module of its own: node run_blocks.mjs PAGE...
// What all pages take for granted is global (setting.mjs), and what one page does beside it (settings/, by package). Where a
// block says what it prints, `console.log(...); // 2.38`, it has to print that, numbers to 0.2 %.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

import {commonSetting} from './setting.mjs';
import * as tf from './tfjs.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Of one user of tf.js's parts: the union package is not installed. */
const UNION = [/'@tensorflow\/tfjs'/g, `'${new URL('tfjs.mjs', import.meta.url)}'`];

/** @returns The number of blocks that ran. */
async function runPage(page, modules) {
  const own = basename(dirname(page));
  const setting = page.includes('/packages/')
    ? await import(new URL(`settings/${own}.mjs`, import.meta.url)).catch(noneNeeded)
    : {};
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```(?:js|ts)\n([^]*?)^```/gm)].map(
    ([, code]) => code,
  );
  tf.disposeVariables();
  const common = commonSetting();
  const globals = {...common, ...setting.default?.(common)};
  Object.assign(globalThis, globals);
  for (const [i, code] of blocks.entries()) {
    const file = join(modules, `${own}-${i}.mjs`);
    writeFileSync(file, code.replace(...UNION));
    try {
      const {printed, exports} = await run(file);
      setting.checkExports?.(await exports.default?.());
      checkPrinted(code, printed);
    } catch (error) {
      throw new Error(`block ${i + 1} of ${page} failed:\n${code}`, {cause: error});
    }
  }
  for (const name of Object.keys(globals)) delete globalThis[name];
  return blocks.length;
}

function noneNeeded(error) {
  if (error.code === 'ERR_MODULE_NOT_FOUND') return {};
  throw error;
}

async function run(file) {
  const printed = [];
  const {log} = console;
  console.log = (...values) => printed.push(values.join(' '));
  try {
    return {exports: await import(pathToFileURL(file)), printed};
  } finally {
    console.log = log;
  }
}

function checkPrinted(code, printed) {
  const calls = [...code.matchAll(/^console\.log\(.*\);(?: \/\/ (.*))?$/gm)];
  if (calls.length !== printed.length) return; // inside a loop or a callback
  for (const [i, [call, promised]] of calls.entries()) {
    // With an explanation, it is what a real run prints.
    if (promised === undefined || promised.includes(' ')) continue;
    const [value, expected] = [printed[i], promised].map(Number);
    const equal = Number.isNaN(expected)
      ? printed[i] === promised
      : Math.abs(value - expected) <= 2e-3 * Math.abs(expected);
    if (!equal) throw new Error(`${call}\nprinted ${printed[i]}`);
  }
}

// Modules in the workspace, where the packages are found; files that a block writes, elsewhere.
const pages = process.argv.slice(2).map((page) => resolve(page));
const modules = mkdtempSync(join(here, 'blocks-'));
const files = mkdtempSync(join(tmpdir(), 'dp-blocks-'));
process.chdir(files);
try {
  for (const page of pages) {
    try {
      console.log(`${page}: ${await runPage(page, modules)} blocks ran`);
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(modules, {recursive: true});
  rmSync(files, {recursive: true});
}
