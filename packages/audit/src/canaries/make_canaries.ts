import {fillGridGaussian, type RandomSource} from '@dp/random';

import {AuditError} from '../errors.js';
import {scaledLabels} from '../sensitivity/hostile_records.js';
import {recordsOf, type RecordValues} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';

const UNITS = 2 ** 20;

/**
 * Records of random inputs, whose gradients are far longer than the clip norm and point one way or the other, so that they have
 * little in common.
 *
 * @throws AuditError where inputs are not real numbers.
 */
export function makeCanaries(subject: AuditSubject, count: number, source: RandomSource): RecordValues[] {
  const form = subject.records;
  if (form.x.dtype !== 'float32' || form.y.dtype !== 'float32') {
    throw new AuditError(`canaries need float32 inputs and labels, got ${form.x.dtype} and ${form.y.dtype}`);
  }
  const records = recordsOf(form);
  return Array.from({length: count}, (_, i) => {
    const honest = records[i % records.length] as RecordValues;
    const noise = new Float64Array(honest.x.length);
    fillGridGaussian(noise, UNITS, source);
    const canary = {...honest, x: Float32Array.from(noise, (value) => value / UNITS)};
    return scaledLabels(canary, form, i % 2 === 0 ? 1e4 : -1e4);
  });
}
