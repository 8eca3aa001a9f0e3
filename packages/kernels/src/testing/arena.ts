import {expect} from '@jest/globals';
import {instantiateKernels} from '../instantiate.js';
import type {KernelExports} from '../exports.js';

/** A NaN with a payload: read by mistake, it spoils the result; written over, it is missed. */
const CANARY = 0x7fc12345;

/** A memory full of canaries in which arrays are placed, to see what a kernel reads and writes. */
export class Arena {
  readonly kernels: KernelExports;
  readonly #memory = new WebAssembly.Memory({initial: 12});
  readonly #words = new Uint32Array(this.#memory.buffer).fill(CANARY);
  #next = 64;
  readonly #writable: {start: number; end: number}[] = [];
  #before: Uint32Array | undefined;

  constructor() {
    this.kernels = instantiateKernels(this.#memory);
  }

  /** Places input values, at an address that is a multiple of 4 and no more; returns it. */
  place(values: ArrayLike<number>, type: 'float32' | 'float64' | 'int32' = 'float32'): number {
    const bytes = values.length * (type === 'float64' ? 8 : 4);
    const address = this.#take(bytes);
    const view = new DataView(this.#memory.buffer, address, bytes);
    Array.from(values, (value, i) => {
      if (type === 'float64') view.setFloat64(8 * i, value, true);
      else if (type === 'float32') view.setFloat32(4 * i, value, true);
      else view.setInt32(4 * i, value, true);
    });
    return address;
  }

  /** Places float32 input values at the very end of the memory: reading beyond them traps. */
  placeLast(values: Float32Array): number {
    const address = this.#memory.buffer.byteLength - values.byteLength;
    new Float32Array(this.#memory.buffer, address).set(values);
    return address;
  }

  /** Declares memory that the kernel may write: so many bytes at an address, or at a fresh one. */
  writable(bytes: number, address = this.#take(bytes)): number {
    this.#writable.push({start: address / 4, end: (address + bytes) / 4});
    return address;
  }

  /** Runs a kernel and fails if it wrote anything outside what was declared writable. */
  run(kernel: (kernels: KernelExports) => void): void {
    this.#before = this.#words.slice();
    kernel(this.kernels);
    const changed: number[] = [];
    for (let i = 0; i < this.#words.length; i++) {
      if (this.#words[i] === this.#before[i]) continue;
      if (!this.#writable.some(({start, end}) => i >= start && i < end)) changed.push(4 * i);
    }
    expect(changed).toEqual([]);
  }

  bytes(address: number, length: number): number[] {
    return Array.from(new Uint8Array(this.#memory.buffer, address, length));
  }

  float32(address: number, length: number): number[] {
    const view = new DataView(this.#memory.buffer, address);
    return Array.from({length}, (_, i) => view.getFloat32(4 * i, true));
  }

  float64(address: number, length: number): number[] {
    const view = new DataView(this.#memory.buffer, address);
    return Array.from({length}, (_, i) => view.getFloat64(8 * i, true));
  }

  #take(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil(bytes / 4) * 4 + 68; // an odd number of words: no alignment to lean on
    return address;
  }
}
