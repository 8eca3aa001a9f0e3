import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';

import {tensorBoard, type TensorBoardOptions} from './callback.js';
import {crc32c} from './crc32c.js';
import {eventBytes} from './event.js';

test('the checksum of the standard examples is theirs', () => {
  // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({length: 32}, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

test('events are what TensorFlow writes, byte for byte', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  // SerializeToString() of tensorboard.compat.proto.event_pb2.Event.
  expect(hex(eventBytes({wallTime: 1.5, fileVersion: 'brain.Event:2'}))).toBe(VERSION_EVENT);
  expect(hex(eventBytes({wallTime: 1234.5, step: 300, tag: 'epsilon', value: 2.25}))).toBe(SCALAR_EVENT);
});

const VERSION_EVENT = '09000000000000f83f1a0d627261696e2e4576656e743a32';
const SCALAR_EVENT = '0900000000004a934010ac022a100a0e0a07657073696c6f6e1500001040';

/** Reads the tags of a file, and checks its lengths. */
function tagsOf(file: Buffer): string[] {
  const tags: string[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    const [tag] = /(epsilon|val_private_acc|val_loss|loss|acc)/.exec(data.toString('latin1')) ?? [];
    if (tag !== undefined) tags.push(tag);
    at += length + 16;
  }
  return tags;
}

test('only what the ledger covers is written, unless the rest is asked for', async () => {
  const write = async (options?: TensorBoardOptions): Promise<string[]> => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-'));
    try {
      const callback = tensorBoard(folder, options);
      await callback.onTrainBegin?.();
      await callback.onEpochEnd?.(0, {
        loss: 1,
        acc: 0.5,
        val_loss: 2,
        val_private_acc: 0.4,
        epsilon: 1,
        batch: 0,
        size: 0,
      });
      await callback.onTrainEnd?.();
      return tagsOf(readFileSync(join(folder, readdirSync(folder)[0]!)));
    } finally {
      rmSync(folder, {recursive: true});
    }
  };
  expect(await write()).toEqual(['val_private_acc', 'epsilon']);
  expect(await write({unsafeLogPrivateStatistics: true})).toEqual(
    expect.arrayContaining(['loss', 'acc', 'val_loss', 'val_private_acc', 'epsilon']),
  );
});
