// Writes the tables of docs/performance.md from docs/performance/peers.json.
//   node tools/bench-peers/table.mjs
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {format, resolveConfig} from 'prettier';

import {LIBRARIES, MODELS} from './contestants.mjs';

const path = (name) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));

/** Where results are kept. */
export const RESULTS = path('performance/peers.json');

const PAGE = path('performance.md');
const [BEGIN, END] = ['<!-- bench-peers: begin -->', '<!-- bench-peers: end -->'];

/** A table a model, and how they were measured. */
export function tables({date, machine, rounds, warmup, found}) {
  const versions = Object.entries(Object.assign({}, ...found.map((line) => line.versions)));
  const measured =
    `${machine.processor}, ${machine.cores} cores, Node ${machine.node.slice(1)}; ` +
    `${versions.map((version) => version.join(' ')).join(', ')}. ` +
    `Medians of ${rounds} rounds in turn, and their least and largest, each after ${warmup} seconds of steps; ${date}.`;
  const ofModels = Object.entries(MODELS).flatMap(([model, {title}]) => {
    const lines = found.filter((line) => line.model === model);
    return lines.length === 0 ? [] : [table(title, lines)];
  });
  return [measured, ...ofModels].join('\n\n');
}

/** Puts the tables between the marks of the page. */
export async function writeTables(results) {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} must hold the lines ${BEGIN} and ${END}`);
  const text = `${page.slice(0, begin)}${BEGIN}\n\n${tables(results)}\n\n${page.slice(end)}`;
  writeFileSync(PAGE, await format(text, {...(await resolveConfig(PAGE)), parser: 'markdown'}));
}

function table(title, lines) {
  const rows = Object.entries(LIBRARIES).flatMap(([library, about]) => {
    const of = (mode) => lines.find((line) => line.library === library && line.mode === mode);
    const [own, plain] = [of('private'), of('plain')];
    if (own === undefined && plain === undefined) return [];
    const cells = [about.title, figure(own), figure(plain), ratio(own, plain), memory(own), memory(plain)];
    return [`| ${cells.join(' | ')} |`];
  });
  return [
    `| ${title} | private | plain | plain / private | MiB, private | plain |`,
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

function figure(line) {
  if (line === undefined) return '';
  if (line.failed) return 'failed';
  const text = (value) => Number(value.toPrecision(3)).toLocaleString('en');
  return `${text(line.examplesPerSecond)} (${text(line.least)} to ${text(line.largest)})`;
}

function ratio(own, plain) {
  const value = plain?.examplesPerSecond / own?.examplesPerSecond;
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '';
}

function memory(line) {
  return line?.peakRssMiB?.toLocaleString('en') ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeTables(JSON.parse(readFileSync(RESULTS, 'utf8')));
