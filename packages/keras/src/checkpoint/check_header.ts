import {DpError} from '@dp/optimizers';

import type {CheckpointHeader} from './header.js';

type Fits = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Fits>>;

/** As many as tf.js can hold in one array. */
const MAX_ELEMENTS = 2 ** 31;
const BYTES: Readonly<Record<string, number>> = {float32: 4, int32: 4, bool: 1};

/**
 * Takes a checkpoint's header from wherever it was kept, and trusts nothing about it: its sum shows accidents, not forgery.
 *
 * @param numBytes - Of the weights that it describes.
 * @throws DpError CHECKPOINT, naming the field.
 */
export function checkHeader(value: unknown, numBytes: number): CheckpointHeader {
  checkFields(value, 'header', HEADER);
  const header = value as CheckpointHeader;
  checkFields(header.ledger, 'ledger', {ledger: isText, releases: isCount, link: isText});
  checkFields(header.position, 'position', {epoch: isCount, batch: isCount});
  checkFields(header.constants, 'constants', {numExamples: isSize, batchSize: isSize, sampling: isGiven});
  if (header.rest !== undefined) {
    const order: Fits = (records) => Array.isArray(records) && records.every(isCount);
    checkFields(header.rest, 'rest', {sampler: isText, epoch: isCount, batch: isCount, order});
  }
  let described = 0;
  header.weights.forEach((weight, i) => {
    checkFields(weight, `weights[${i}]`, {name: isName, shape: isShape, dtype: isDtype});
    described += weight.shape.reduce((size, n) => size * n, BYTES[weight.dtype] as number);
  });
  if (described !== numBytes)
    throw damaged('weights', `${numBytes} bytes`, `as long as their shapes say, ${described} bytes`);
  return header;
}

const isText: Fits = (value) => typeof value === 'string';
const isCount: Fits = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isSize: Fits = (value) => isCount(value) && value !== 0;
const isGiven: Fits = (value) => value !== undefined;
const isName: Fits = (value) => typeof value === 'string' && /^(model\/\d+|optimizer\/\d+\/.+)$/.test(value);
const isShape: Fits = (value) =>
  Array.isArray(value) &&
  value.every(isCount) &&
  value.reduce((size: number, n: number) => size * n, 1) <= MAX_ELEMENTS;
const isDtype: Fits = (value) => typeof value === 'string' && Object.hasOwn(BYTES, value);

const HEADER: {readonly [K in keyof CheckpointHeader]-?: Fits} = {
  ledger: isGiven,
  position: isGiven,
  rest: () => true,
  optimizer: isText,
  noiseMultiplier: (value) => typeof value === 'number' && value >= 0,
  plannedEpochs: isSize,
  constants: isGiven,
  weights: Array.isArray,
};

function checkFields(value: unknown, of: string, shape: Shape): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(of, shown(value), 'an object');
  for (const name of new Set([...Object.keys(shape), ...Object.keys(value)])) {
    const found = Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    if (Object.hasOwn(shape, name) ? shape[name]?.(found) === true : found === undefined) continue;
    throw damaged(`${of}.${name}`, shown(found), 'what this library writes there');
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 40);
}

function damaged(name: string, value: string, bound: string): DpError {
  return new DpError(
    'CHECKPOINT',
    `the checkpoint's ${name} must be ${bound}, got ${value}: it was altered, or is of another version. Go on from another one, or begin anew in the same ledger`,
  );
}
