/** One array a variable, one after the other in shared memory. */
export function views<A>(
  Type: {
    new (buffer: SharedArrayBuffer, offset: number, length: number): A;
    readonly BYTES_PER_ELEMENT: number;
  },
  buffer: SharedArrayBuffer,
  variables: readonly {readonly size: number}[],
): A[] {
  let offset = 0;
  return variables.map(({size}) => {
    const view = new Type(buffer, offset, size);
    offset += size * Type.BYTES_PER_ELEMENT;
    return view;
  });
}
