import {shown} from './checks.js';
import {checkEvent, type DpEvent} from './event.js';

/** The version of the format that `eventToJson` writes. */
const VERSION = 1;

/** An event as text that `eventFromJson` of this and of later versions reads. */
export function eventToJson(event: DpEvent): string {
  checkEvent(event);
  return JSON.stringify({version: VERSION, event});
}

/**
 * The event of a text that `eventToJson` has written, checked and frozen like one that a factory has made.
 *
 * @throws SyntaxError if the text is not JSON; RangeError for an unknown version; TypeError or RangeError for a bad event.
 */
export function eventFromJson(text: string): DpEvent {
  if (typeof text !== 'string') throw new RangeError(`text must be a string, got ${shown(text)}`);
  const parsed: unknown = JSON.parse(text, (_key, value: unknown) => Object.freeze(value));
  const {version, event} = (parsed ?? {}) as {readonly version?: unknown; readonly event?: unknown};
  if (version !== VERSION) throw new RangeError(`version must be ${VERSION}, got ${shown(version)}`);
  checkEvent(event);
  return event;
}
