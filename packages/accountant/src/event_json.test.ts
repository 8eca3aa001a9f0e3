import {expect, test} from '@jest/globals';
import {composed, gaussian, poissonSampled, selfComposed} from './event.js';
import {eventFromJson, eventToJson} from './event_json.js';
import {mixtureOfGaussians, singleEpochTreeAggregation} from './leaf_event.js';

test('an event survives, checked and frozen', () => {
  const event = composed([
    selfComposed({
      event: poissonSampled({samplingProbability: 0.01, event: gaussian({noiseMultiplier: 1.1})}),
      count: 3,
    }),
    mixtureOfGaussians({standardDeviation: 1, sensitivities: [0, 2], probabilities: [0.75, 0.25]}),
    singleEpochTreeAggregation({noiseMultiplier: 2, stepCounts: [10, 20]}),
  ]);
  const back = eventFromJson(eventToJson(event));
  expect(back).toEqual(event);
  expect(Object.isFrozen(back)).toBe(true);
  expect(eventToJson(back)).toBe(eventToJson(event));
});

test('another version, a bad event and other text are refused', () => {
  expect(() => eventFromJson('{"version":2,"event":{"kind":"noOp"}}')).toThrow('version must be 1, got 2');
  expect(() => eventFromJson('{"version":1,"event":{"kind":"laplace","noiseMultiplier":0}}')).toThrow(
    'laplace: noiseMultiplier must be > 0, got 0',
  );
  expect(() => eventFromJson('{"version":1}')).toThrow(TypeError);
  expect(() => eventFromJson('null')).toThrow(RangeError);
  expect(() => eventFromJson('epsilon')).toThrow(SyntaxError);
});
