// What happens to files in an unlucky or hostile world, for the tests of all packages.
import fc from 'fast-check';

/** One thing that happens to bytes, at places given as parts of their length in [0, 1). */
type Alteration = (bytes: Buffer, from: number, to: number, value: number, other: Buffer) => Buffer;

const flip: Alteration = (bytes, from, _, value) => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[from] = (copy[from] as number) ^ (1 + (value % 255));
  return copy;
};

const ALTERATIONS: readonly Alteration[] = [
  flip,
  // Cut off, at the end or in front; a part left out, doubled, put in or overwritten.
  (bytes, from) => bytes.subarray(0, from),
  (bytes, from) => bytes.subarray(from),
  (bytes, from, to) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
  (bytes, from, to) => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
  (bytes, from, _, value) =>
    Buffer.concat([bytes.subarray(0, from), Buffer.from([value]), bytes.subarray(from)]),
  (bytes, from, to, value) => Buffer.from(bytes).fill(value, from, to),
  // Another file, in part or after this one.
  (bytes, from, to, _, other) => Buffer.concat([bytes.subarray(0, from), other.subarray(to)]),
  (bytes, _from, _to, _value, other) => Buffer.concat([bytes, other]),
  // Read and saved by a program that takes it for text of another encoding.
  (bytes) => Buffer.from(bytes.toString('latin1'), 'utf8'),
  (bytes) => Buffer.from(bytes.toString('utf8').replaceAll('\n', '\r\n'), 'utf8'),
];

/**
 * Bytes to which one to three things have happened.
 *
 * @param other - Another file of the same kind.
 */
export function alteredBytes(bytes: Buffer, other: Buffer): fc.Arbitrary<Buffer> {
  const one = fc.record({
    kind: fc.nat({max: ALTERATIONS.length - 1}),
    // Uniform integers of a power of two, scaled: fast-check's shrink to the beginning.
    places: fc.tuple(fc.nat({max: 2 ** 20 - 1}), fc.nat({max: 2 ** 20 - 1})),
    value: fc.nat({max: 255}),
  });
  return fc.array(one, {minLength: 1, maxLength: 3}).map((all) =>
    all.reduce((altered, {kind, places, value}) => {
      const [from, to] = places
        .map((place) => Math.floor((place / 2 ** 20) * altered.length))
        .sort((a, b) => a - b) as [number, number];
      return (ALTERATIONS[kind] as Alteration)(altered, from, to, value, other);
    }, bytes),
  );
}
