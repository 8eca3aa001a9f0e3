/** Memory for several threads; where a page can't share any, this thread's own, whose content has to be sent. */
export function sharedMemory(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

/** The memory, if other threads see it. */
export function ifShared(memory: ArrayBufferLike): SharedArrayBuffer | undefined {
  return memory instanceof ArrayBuffer ? undefined : memory;
}

/** One array a variable, one after the other in memory. */
export function views<A>(
  Type: {
    new (buffer: ArrayBufferLike, offset: number, length: number): A;
    readonly BYTES_PER_ELEMENT: number;
  },
  memory: ArrayBufferLike,
  variables: readonly {readonly size: number}[],
): A[] {
  let offset = 0;
  return variables.map(({size}) => {
    const view = new Type(memory, offset, size);
    offset += size * Type.BYTES_PER_ELEMENT;
    return view;
  });
}
