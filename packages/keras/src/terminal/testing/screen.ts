import {Writable} from 'node:stream';
import {stripVTControlCharacters} from 'node:util';

/** A terminal of one line that remembers what was written to it. */
export class Screen extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  /** All that was written, control sequences included. */
  written = '';

  constructor({isTTY = true, columns = 100} = {}) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString();
    done();
  }

  /** The text that was drawn last. */
  get line(): string {
    const toFirstColumn = '\x1b[1G';
    const drawn = this.written.split(toFirstColumn).map((text) => stripVTControlCharacters(text));
    return drawn.filter((text) => text !== '').at(-1) ?? '';
  }

  asStream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}
