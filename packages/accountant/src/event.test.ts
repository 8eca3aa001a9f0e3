import {describe, expect, test} from '@jest/globals';
import {
  checkEvent,
  composed,
  eventText,
  gaussian,
  noOp,
  nonPrivate,
  poissonSampled,
  selfComposed,
} from './event.js';

const g = gaussian({noiseMultiplier: 1.1});

test('events are frozen plain data that survives JSON', () => {
  const event = composed([
    selfComposed({event: poissonSampled({samplingProbability: 0.01, event: g}), count: 3}),
    noOp(),
    nonPrivate(),
  ]);
  expect(Object.isFrozen(event)).toBe(true);
  expect(Object.isFrozen(event.events)).toBe(true);
  expect(JSON.parse(JSON.stringify(event))).toEqual(event);
});

test('composed keeps its own copy of the list', () => {
  const parts = [g];
  const event = composed(parts);
  parts.push(gaussian({noiseMultiplier: 9}));
  expect(event.events).toEqual([g]);
});

test('eventText is the factory call', () => {
  const event = composed([
    selfComposed({event: poissonSampled({samplingProbability: 0.01, event: g}), count: 3}),
    noOp(),
  ]);
  expect(eventText(event)).toBe(
    'composed([selfComposed({event: poissonSampled({samplingProbability: 0.01, event: gaussian({noiseMultiplier: 1.1})}), count: 3}), noOp()])',
  );
});

describe('a parameter out of its bounds is refused with name, value and bound', () => {
  test.each([
    [() => gaussian({noiseMultiplier: -1}), 'gaussian: noiseMultiplier must be >= 0, got -1'],
    [() => gaussian({noiseMultiplier: NaN}), 'gaussian: noiseMultiplier must be a finite number, got NaN'],
    [
      () => gaussian({noiseMultiplier: Infinity}),
      'gaussian: noiseMultiplier must be a finite number, got Infinity',
    ],
    [
      () => poissonSampled({samplingProbability: 1.5, event: g}),
      'poissonSampled: samplingProbability must be in [0, 1], got 1.5',
    ],
    [() => selfComposed({event: g, count: 1.5}), 'selfComposed: count must be an integer >= 0, got 1.5'],
    [() => selfComposed({event: g, count: -1}), 'selfComposed: count must be an integer >= 0, got -1'],
  ])('%s', (make, message) => {
    expect(make).toThrow(new RangeError(message));
  });
});

test.each([undefined, null, 7, {}, {kind: 'gauss'}, {kind: 'composed', events: g}])(
  '%j is not an event',
  (value) => {
    expect(() => checkEvent(value)).toThrow(TypeError);
  },
);

test('a bad event is found inside others, also when no factory made it', () => {
  const event = {kind: 'selfComposed', count: 2, event: {kind: 'gaussian', noiseMultiplier: -3}};
  expect(() => checkEvent({kind: 'composed', events: [g, event]})).toThrow(
    'noiseMultiplier must be >= 0, got -3',
  );
});
