/** The bytes of an IDX file of unsigned bytes. */
export function idxFile(dimensions: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dimensions.length + data.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, 0x0800 | dimensions.length);
  dimensions.forEach((size, i) => header.setUint32(4 + 4 * i, size));
  bytes.set(data, 4 + 4 * dimensions.length);
  return bytes;
}
