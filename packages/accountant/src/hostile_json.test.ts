import {expect, test} from '@jest/globals';
import fc from 'fast-check';

import {composed, type DpEvent, gaussian, poissonSampled, repeatAndSelect, selfComposed} from './event.js';
import {eventFromJson, eventToJson} from './event_json.js';
import {GdpAccountant} from './gdp/accountant.js';
import {mixtureOfGaussians, singleEpochTreeAggregation} from './leaf_event.js';
import {PldAccountant} from './pld/accountant.js';
import {RdpAccountant} from './rdp/accountant.js';

const GAUSSIAN = '{"kind":"gaussian","noiseMultiplier":1}';
const text = (event: string): string => `{"version":1,"event":${event}}`;
const nested = (depth: number, open: string, close: string, inner: string): string =>
  open.repeat(depth) + inner + close.repeat(depth);

test.each([
  ['a field of another name', text('{"kind":"gaussian","noiseMultiplier":1,"l2NormClip":9}'), 'l2NormClip'],
  ['a prototype', text('{"kind":"gaussian","noiseMultiplier":1,"__proto__":{"polluted":1}}'), '__proto__'],
  ['a prototype of the text', `{"version":1,"event":${GAUSSIAN},"__proto__":{"polluted":1}}`, '__proto__'],
  ['a constructor', text('{"kind":"gaussian","noiseMultiplier":1,"constructor":{}}'), 'constructor'],
  ['a field from a prototype', text('{"__proto__":{"kind":"noOp"}}'), 'not an event'],
  ['a kind of every object', text('{"kind":"constructor"}'), "kind 'constructor'"],
  ['a kind that is a list', text('{"kind":["gaussian"],"noiseMultiplier":1}'), 'kind an array'],
  ['a count twice', text(`{"kind":"selfComposed","count":1000,"event":${GAUSSIAN},"count":1}`), 'once'],
  [
    'a count twice, escaped',
    text(`{"kind":"selfComposed","c\\u006funt":9,"event":${GAUSSIAN},"count":1}`),
    'once',
  ],
  ['two events', `{"version":1,"event":{"kind":"nonPrivate"},"event":${GAUSSIAN}}`, 'once'],
  ['a number as text', text('{"kind":"gaussian","noiseMultiplier":"1"}'), "got '1'"],
  ['a number beyond doubles', text('{"kind":"gaussian","noiseMultiplier":1e999}'), 'got Infinity'],
  [
    'a count beyond doubles',
    text(`{"kind":"selfComposed","count":9007199254740993,"event":${GAUSSIAN}}`),
    '2^53 - 1',
  ],
  [
    'events by number',
    text(`{"kind":"composed","events":{"0":${GAUSSIAN},"length":1}}`),
    'an array of events',
  ],
  ['an empty place', text('{"kind":"composed","events":[null]}'), 'not an event: null'],
  ['100,000 lists', text(nested(100_000, '[', ']', '')), 'not an event: an array'],
  [
    '100,000 objects',
    text(nested(100_000, '{"kind":', '}', '1')),
    'not an event: an object of kind an object',
  ],
  [
    '100,000 counts',
    text(nested(100_000, '{"kind":"selfComposed","count":1,"event":', '}', GAUSSIAN)),
    'at most 500',
  ],
  ['100,000 events', text(nested(100_000, '{"kind":"composed","events":[', ']}', GAUSSIAN)), 'at most 500'],
  ['a text of a million letters', text(`"${'x'.repeat(1e6)}"`), 'not an event'],
  ['no object', '7', 'version must be 1'],
])('%s: refused by name', (_, hostile, message) => {
  const attempt = (): DpEvent => eventFromJson(hostile);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({message: expect.stringMatching(/^[^]{10,600}$/)}));
  expect({}).not.toHaveProperty('polluted');
});

test('an event that holds itself is refused', () => {
  const event = {kind: 'composed', events: [] as unknown[]};
  event.events.push(event);
  expect(() => new RdpAccountant().compose(event as unknown as DpEvent)).toThrow('at most 500');
  const other: Record<string, unknown> = {kind: 'other'};
  other['self'] = other;
  expect(() => new RdpAccountant().compose(other as unknown as DpEvent)).toThrow('not an event');
});

test('as deep as is allowed, accountants answer', () => {
  const event = eventFromJson(text(nested(499, '{"kind":"selfComposed","count":1,"event":', '}', GAUSSIAN)));
  expect(new PldAccountant().compose(event).epsilon(1e-5).upper).toBeCloseTo(4.377, 3);
  expect(new RdpAccountant().compose(event).epsilon(1e-5)).toBeCloseTo(4.728, 3);
  expect(new GdpAccountant().compose(event).epsilon(1e-5)).toBeCloseTo(4.377, 3);
  const sampled = text(
    nested(
      249,
      '{"kind":"poissonSampled","samplingProbability":0.5,"event":{"kind":"composed","events":[',
      ']}}',
      GAUSSIAN,
    ),
  );
  for (const accountant of [new PldAccountant(), new RdpAccountant(), new GdpAccountant()]) {
    expect(() => accountant.compose(eventFromJson(sampled))).toThrow(
      expect.objectContaining({message: expect.stringMatching(/^[^]{10,900}$/)}),
    );
  }
});

test('any value in any field: refused, or an event that comes back as it was written', () => {
  const whole = composed([
    selfComposed({
      event: poissonSampled({samplingProbability: 0.5, event: composed([gaussian({noiseMultiplier: 1})])}),
      count: 3,
    }),
    repeatAndSelect({event: gaussian({noiseMultiplier: 2}), mean: 2, shape: 'poisson'}),
    mixtureOfGaussians({standardDeviation: 1, sensitivities: [0, 2], probabilities: [0.75, 0.25]}),
    singleEpochTreeAggregation({noiseMultiplier: 2, stepCounts: [10, 20]}),
  ]);
  const json = eventToJson(whole);
  // A place is a value's, or a name's: what stands before a comma, a bracket or a colon.
  const places = [...json.matchAll(/"[^"]*"|[\d.]+|\[|\{/g)];
  const value = fc.oneof(
    fc.constantFrom('-1', '0', '1e308', '9007199254740991', '""', '"__proto__"', 'null', '[]', '{}', 'true'),
    fc.constantFrom(...places.map(([found]) => found)),
    fc.json({maxDepth: 2}),
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...places), value, ({0: found, index}, by) => {
      const hostile = json.slice(0, index) + by + json.slice(index + found.length);
      let event: DpEvent;
      try {
        event = eventFromJson(hostile);
      } catch (error) {
        refused++;
        expect((error as Error).message).not.toMatch(/Cannot read|is not a function|call stack/);
        return;
      }
      expect(JSON.parse(eventToJson(event))).toEqual(JSON.parse(hostile));
      expect(Object.isFrozen(event)).toBe(true);
    }),
    {numRuns: 500},
  );
  expect(refused).toBeGreaterThan(300);
});
