import {closeSync, mkdirSync, openSync, writeSync} from 'node:fs';
import {hostname} from 'node:os';
import {join} from 'node:path';

import {crc32c} from './crc32c.js';
import {eventBytes, type TensorBoardEvent} from './event.js';

/** A file that TensorBoard reads while it is written. */
export class EventFile {
  readonly path: string;
  private readonly file: number;

  /** Makes the folder if it is not there, and a file of its own in it. */
  constructor(folder: string) {
    mkdirSync(folder, {recursive: true});
    const seconds = Date.now() / 1000;
    this.path = join(folder, `events.out.tfevents.${seconds.toFixed(3)}.${hostname()}.${process.pid}`);
    this.file = openSync(this.path, 'a');
    this.write({wallTime: seconds, fileVersion: 'brain.Event:2'});
  }

  /** Adds a value to the curve of a tag. */
  scalar(tag: string, value: number, step: number): void {
    this.write({wallTime: Date.now() / 1000, step, tag, value});
  }

  close(): void {
    closeSync(this.file);
  }

  private write(event: TensorBoardEvent): void {
    writeSync(this.file, record(eventBytes(event)));
  }
}

/** A record of a TFRecord file: length and data, each with its masked sum. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return bytes;
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
