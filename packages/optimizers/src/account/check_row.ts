import {shown} from '../checks.js';
import {DpError} from '../errors.js';
import type {LedgerRow, Mechanism, ReleaseKind} from './ledger_row.js';
import type {Sampling, SamplingOf} from './sampling.js';

/** Longest text in a row: names and clipping modes are far shorter. */
const MAX_TEXT = 10_000;

type Reader<T> = (value: unknown, name: string) => T;
type Readers<T> = {readonly [K in keyof T]-?: Reader<T[K]>};

const RANDOM = {name: text, secure: boolean} as const;

/**
 * Takes a row of a ledger from wherever it was kept, and trusts nothing about it: every field must be there, of its type
 * and in its range, and no other.
 *
 * @param value - What was read, for example by `JSON.parse`.
 * @returns A frozen copy.
 * @throws DpError LEDGER_CORRUPT, naming the field.
 */
export function checkLedgerRow(value: unknown): LedgerRow {
  const {version} = plainObject(value, 'row');
  if (version !== 1) {
    throw corrupt(
      'version',
      version,
      '1. A ledger of a later version of this library needs that version to read it',
    );
  }
  return record<LedgerRow>(ROW)(value, 'row');
}

const MECHANISMS: {readonly [K in Mechanism['kind']]: Reader<Extract<Mechanism, {kind: K}>>} = {
  gaussian: record({kind: literal('gaussian')}),
  tree: record({kind: literal('tree'), tree: integer(0), leaf: integer(0), maxLeaves: integer(1)}),
};

const EPOCH = {sampler: text, numExamples: integer(1), batchSize: integer(1), epoch: integer(0)} as const;

const SAMPLINGS: {readonly [K in Sampling['kind']]: Reader<SamplingOf<K>>} = {
  unknown: record({kind: literal('unknown')}),
  poisson: record({kind: literal('poisson'), numExamples: integer(1), samplingProbability: probability}),
  truncatedPoisson: record({
    kind: literal('truncatedPoisson'),
    numExamples: integer(1),
    samplingProbability: probability,
    maxBatchSize: integer(1),
  }),
  poissonUsers: record({
    kind: literal('poissonUsers'),
    numUsers: integer(1),
    samplingProbability: probability,
  }),
  poissonCappedUsers: record({
    kind: literal('poissonCappedUsers'),
    numExamples: integer(1),
    samplingProbability: probability,
    maxExamplesPerUser: integer(1),
  }),
  shuffle: record({kind: literal('shuffle'), ...EPOCH}),
  fixed: record({kind: literal('fixed'), ...EPOCH}),
  stream: record({kind: literal('stream'), ...EPOCH}),
  all: record({kind: literal('all'), dataset: text, numExamples: integer(1), disjoint: boolean}),
};

const KINDS: {readonly [K in ReleaseKind]: K} = {
  gradientSum: 'gradientSum',
  belowClipCount: 'belowClipCount',
  accuracyCount: 'accuracyCount',
};

const ROW: Readers<LedgerRow> = {
  version: literal(1),
  release: integer(0),
  what: (value, name) => KINDS[oneOf(value, name, KINDS)],
  optimizer: record({className: text, id: text}),
  step: integer(0),
  mechanism: byKind<Mechanism>(MECHANISMS),
  batchId: text,
  sampling: byKind<Sampling>(SAMPLINGS),
  noiseMultiplier: number(0),
  sensitivity: positive,
  l2NormClip: positive,
  clipping: text,
  microbatchSize: integer(1),
  divisor: positive,
  grid: positive,
  numParameters: integer(1),
  random: record(RANDOM),
  samplerRandom: optional(record(RANDOM)),
};

function record<T extends object>(fields: Readers<T>): Reader<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, name) => {
    const found = plainObject(value, name);
    for (const key of Object.keys(found)) {
      if (!Object.hasOwn(fields, key)) throw corrupt(`${name}.${key}`, found[key], 'absent');
    }
    const copy: Partial<T> = {};
    for (const key of names) {
      const own = Object.hasOwn(found, key) ? found[key] : undefined;
      const read = fields[key](own, `${name}.${key}`);
      if (read !== undefined) copy[key] = read;
    }
    return Object.freeze(copy as T);
  };
}

function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, name) => (value === undefined ? undefined : reader(value, name));
}

function byKind<T extends {readonly kind: string}>(readers: Readonly<Record<string, Reader<T>>>): Reader<T> {
  return (value, name) => {
    const kind = oneOf(plainObject(value, name)['kind'], `${name}.kind`, readers);
    return (readers[kind] as Reader<T>)(value, name);
  };
}

function oneOf<K extends string>(value: unknown, name: string, known: Readonly<Record<K, unknown>>): K {
  if (typeof value === 'string' && Object.hasOwn(known, value)) return value as K;
  throw corrupt(name, value, `one of ${Object.keys(known).join(', ')}`);
}

function plainObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw corrupt(name, value, 'an object');
}

function literal<const T extends string | number>(expected: T): Reader<T> {
  return (value, name) => {
    if (value === expected) return expected;
    throw corrupt(name, value, String(expected));
  };
}

function number(least: number): Reader<number> {
  return (value, name) => {
    if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
    throw corrupt(name, value, `a finite number >= ${least}`);
  };
}

function positive(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw corrupt(name, value, 'a finite number > 0');
}

function probability(value: unknown, name: string): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw corrupt(name, value, 'a number in (0, 1]');
}

function integer(least: number): Reader<number> {
  return (value, name) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw corrupt(name, value, `an integer >= ${least}`);
  };
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw corrupt(name, value, `a text of at most ${MAX_TEXT} characters`);
}

function boolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw corrupt(name, value, 'true or false');
}

function corrupt(name: string, value: unknown, bound: string): DpError {
  return new DpError(
    'LEDGER_CORRUPT',
    `not a row of a ledger of this library, or a damaged one: ${name} must be ${bound}, got ${shown(value)}`,
  );
}
