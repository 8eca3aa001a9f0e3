// Lets Node run the packages' TypeScript as it stands, with some of its text replaced.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {transformSync} from '@swc/core';

/** What to replace: [{file, search, replacement}], `file` from the packages' folder on. */
let edits = [];

export function initialize(data) {
  edits = data.edits;
}

export async function resolve(specifier, context, next) {
  const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
  return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  let text = readFileSync(path, 'utf8');
  for (const {file, search, replacement} of edits) {
    if (!path.endsWith(`/packages/${file}`)) continue;
    if (text.split(search).length !== 2)
      throw new Error(`${file} holds the text of a mutant ${text.split(search).length - 1} times, not once`);
    text = text.replace(search, () => replacement);
  }
  const {code} = transformSync(text, {
    filename: path,
    jsc: {parser: {syntax: 'typescript'}, target: 'es2022'},
    module: {type: 'es6'},
    sourceMaps: 'inline',
  });
  return {format: 'module', source: code, shortCircuit: true};
}
