// Lets a child process of a test run TypeScript sources: `node --import=tools/typescript.mjs --conditions=@dp/source FILE.ts`.
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {transform} from '@swc/core';

const options = {
  jsc: {parser: {syntax: 'typescript'}, target: 'es2022'},
  module: {type: 'es6'},
  sourceMaps: 'inline',
};

export async function resolve(specifier, context, next) {
  const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts') === true;
  return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const {code} = await transform(await readFile(filename, 'utf8'), {...options, filename});
  return {format: 'module', source: code, shortCircuit: true};
}
