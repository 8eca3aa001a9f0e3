import type {Tensor} from '@tensorflow/tfjs-core';
import type {KernelExports} from './exports.js';
import type {Block, NumericDataType, Workspace} from './workspace.js';

/** Blocks of a workspace that are given back together, whatever happens in between. */
export class Scope {
  readonly kernels: KernelExports;
  readonly #workspace: Workspace;
  readonly #blocks: Block[] = [];

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
    this.kernels = workspace.kernels;
  }

  get memory(): ArrayBufferLike {
    return this.#workspace.memory.buffer;
  }

  /** See {@link Workspace.allocate}. */
  allocate(bytes: number): Block {
    return this.#hold(this.#workspace.allocate(bytes));
  }

  /** See {@link Workspace.values}. */
  values(tensor: Tensor, dtype?: NumericDataType): Block {
    return this.#hold(this.#workspace.values(tensor, dtype));
  }

  fillWithZeros(address: number, bytes: number): void {
    new Uint8Array(this.memory, address, bytes).fill(0);
  }

  dispose(): void {
    for (const block of this.#blocks.splice(0)) block.dispose();
  }

  #hold(block: Block): Block {
    this.#blocks.push(block);
    return block;
  }
}
