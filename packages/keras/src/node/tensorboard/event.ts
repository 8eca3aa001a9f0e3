/** What TensorBoard reads from an event file: the version first, then scalars. */
export type TensorBoardEvent =
  | {readonly wallTime: number; readonly fileVersion: string}
  | {readonly wallTime: number; readonly step: number; readonly tag: string; readonly value: number};

/**
 * An event in the wire format of Protocol Buffers: `Event` of TensorFlow's event.proto (wall_time = 1, step = 2, file_version = 3,
 * summary = 5), with `Summary.Value` of summary.proto (tag = 1, simple_value = 2).
 */
export function eventBytes(event: TensorBoardEvent): Uint8Array {
  const time = field(1, 'fixed64', double(event.wallTime));
  if ('fileVersion' in event) return joined(time, text(3, event.fileVersion));
  const value = joined(text(1, event.tag), field(2, 'fixed32', float(event.value)));
  return joined(time, field(2, 'varint', varint(event.step)), message(5, message(1, value)));
}

const WIRE_TYPES = {varint: 0, fixed64: 1, bytes: 2, fixed32: 5} as const;

function field(number: number, type: keyof typeof WIRE_TYPES, value: Uint8Array): Uint8Array {
  return joined(varint(number * 8 + WIRE_TYPES[type]), value);
}

function message(number: number, value: Uint8Array): Uint8Array {
  return field(number, 'bytes', joined(varint(value.length), value));
}

function text(number: number, value: string): Uint8Array {
  return message(number, new TextEncoder().encode(value));
}

/** Of an integer in [0, 2^53). */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
