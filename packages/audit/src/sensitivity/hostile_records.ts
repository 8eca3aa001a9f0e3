import type {RecordForm, RecordValues} from '../subject/records.js';

/** Factors by which a record is made huge, tiny or opposite. The largest makes most losses overflow float32. */
const FACTORS = [1, -1, 1e-4, 1e4, -1e4, 1e12, -1e12, 1e38];

/**
 * Records that a hostile owner might hand in, made from an honest one: inputs and labels scaled so that gradients become
 * huge, tiny, or opposite; all zeros; and, with `broken`, values that are not finite. Integer inputs stay as they are.
 */
export function hostileRecords(record: RecordValues, form: RecordForm, broken: boolean): RecordValues[] {
  const scaled = FACTORS.flatMap((factor) => [
    withPart(record, form, 'x', (value) => factor * value),
    withPart(record, form, 'y', (value) => factor * value),
  ]);
  const zeros = withPart(
    withPart(record, form, 'x', () => 0),
    form,
    'y',
    () => 0,
  );
  return [...scaled, zeros, ...(broken ? brokenRecords(record, form) : [])];
}

/** Records of which no loss is finite, or no gradient. None where both parts hold integers. */
export function brokenRecords(record: RecordValues, form: RecordForm): RecordValues[] {
  return [NaN, Infinity, -Infinity]
    .flatMap((value) => [
      withPart(record, form, 'x', (own, i) => (i === 0 ? value : own)),
      withPart(record, form, 'y', (own, i) => (i === 0 ? value : own)),
    ])
    .filter((broken) => broken !== record);
}

/**
 * For losses that are linear in their labels, such as cross entropy, the record whose gradient is so many times as long; with a
 * negative factor it points the other way.
 */
export function scaledLabels(record: RecordValues, form: RecordForm, factor: number): RecordValues {
  return withPart(record, form, 'y', (value) => factor * value);
}

/** Its gradient is far longer than any clip norm in use. */
export function enlarged(record: RecordValues, form: RecordForm): RecordValues {
  return scaledLabels(record, form, 1e4);
}

function withPart(
  record: RecordValues,
  form: RecordForm,
  part: 'x' | 'y',
  change: (value: number, index: number) => number,
): RecordValues {
  if (form[part].dtype !== 'float32') return record;
  return {...record, [part]: Float32Array.from(record[part], change)};
}
