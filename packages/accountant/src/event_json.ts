import {shown} from './checks.js';
import {checkEvent, type DpEvent} from './event.js';

/** The version of the format that `eventToJson` writes. */
const VERSION = 1;

/** An event as text that `eventFromJson` of this and of later versions reads. */
export function eventToJson(event: DpEvent): string {
  checkEvent(event);
  return JSON.stringify({version: VERSION, event});
}

/**
 * The event of a text that `eventToJson` has written, checked and frozen like one that a factory has made. The text may come from
 * anywhere: what it says twice, or beside what an event has, is refused and not passed over.
 *
 * @throws SyntaxError if the text is not JSON; RangeError for an unknown version; TypeError or RangeError for a bad event.
 */
export function eventFromJson(text: string): DpEvent {
  if (typeof text !== 'string') throw new RangeError(`text must be a string, got ${shown(text)}`);
  const parsed: unknown = JSON.parse(text);
  const {version, event} = (parsed ?? {}) as {readonly version?: unknown; readonly event?: unknown};
  if (version !== VERSION) throw new RangeError(`version must be ${VERSION}, got ${shown(version)}`);
  checkEvent(event);
  const fields = numFields('the text', parsed as object, TEXT) + frozenFields(event);
  // Texts of an event hold no colon, so that each is of one field; JSON.parse takes the last of several with one name.
  const written = text.split(':').length - 1;
  if (written !== fields) {
    throw new RangeError(
      `each field must be written once, got ${written} for ${fields} names: write again what was released, with eventToJson`,
    );
  }
  return event;
}

type Fields<T> = {readonly [K in keyof T]-?: true};

const TEXT: Fields<{version: unknown; event: unknown}> = {version: true, event: true};

const FIELDS: {readonly [K in DpEvent['kind']]: Fields<Extract<DpEvent, {readonly kind: K}>>} = {
  noOp: {kind: true},
  nonPrivate: {kind: true},
  gaussian: {kind: true, noiseMultiplier: true},
  poissonSampled: {kind: true, samplingProbability: true, event: true},
  sampledWithoutReplacement: {kind: true, sourceDatasetSize: true, sampleSize: true, event: true},
  sampledWithReplacement: {kind: true, sourceDatasetSize: true, sampleSize: true, event: true},
  repeatAndSelect: {kind: true, event: true, mean: true, shape: true},
  composed: {kind: true, events: true},
  selfComposed: {kind: true, event: true, count: true},
  laplace: {kind: true, noiseMultiplier: true},
  discreteLaplace: {kind: true, parameter: true, sensitivity: true},
  discreteGaussian: {kind: true, sigma: true, sensitivity: true},
  randomizedResponse: {kind: true, noiseParameter: true, numBuckets: true},
  zCDP: {kind: true, rho: true},
  epsilonDelta: {kind: true, epsilon: true, delta: true},
  mixtureOfGaussians: {kind: true, standardDeviation: true, sensitivities: true, probabilities: true},
  singleEpochTreeAggregation: {kind: true, noiseMultiplier: true, stepCounts: true},
  exponentialMechanism: {kind: true, epsilon: true},
  permuteAndFlip: {kind: true, epsilon: true},
  truncatedPoissonSampledGaussian: {
    kind: true,
    datasetSize: true,
    samplingProbability: true,
    truncatedBatchSize: true,
    noiseMultiplier: true,
  },
};

/** Of a field of an event. */
type Value = string | number | DpEvent | readonly (number | DpEvent)[];

/** Freezes an event and those inside it, and counts their fields. */
function frozenFields(event: DpEvent): number {
  let fields = numFields(event.kind, event, FIELDS[event.kind]);
  for (const value of Object.values(event) as readonly Value[]) {
    if (typeof value !== 'object') continue;
    for (const inner of [value].flat()) if (typeof inner === 'object') fields += frozenFields(inner);
    Object.freeze(value);
  }
  Object.freeze(event);
  return fields;
}

/** @throws RangeError for a field of another name: a later version may have given it a meaning. */
function numFields(name: string, value: object, known: object): number {
  const names = Object.keys(value);
  const other = names.find((each) => !Object.hasOwn(known, each));
  if (other === undefined) return names.length;
  throw new RangeError(
    `${name}: ${shown(other)} is no field of it, which has ${Object.keys(known).join(', ')}: take it out, or read it with the version that wrote it`,
  );
}
