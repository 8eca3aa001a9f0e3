import {expect, test} from '@jest/globals';
import {composed, gaussian, noOp, poissonSampled, selfComposed} from './event.js';
import {NEIGHBOURING_RELATIONS} from './neighbours.js';
import {checkSupport} from './support.js';
import {UnsupportedEventError} from './unsupported_event_error.js';

const g = gaussian({noiseMultiplier: 1.1});
const sampled = poissonSampled({samplingProbability: 0.01, event: g});

test('plain Gaussians are supported under every relation, sampled ones not under replaceOne', () => {
  for (const relation of NEIGHBOURING_RELATIONS) {
    expect(() => checkSupport('RdpAccountant', composed([g, noOp()]), relation)).not.toThrow();
  }
  expect(() => checkSupport('RdpAccountant', sampled, 'addOrRemoveOne')).not.toThrow();
  expect(() => checkSupport('RdpAccountant', sampled, 'replaceSpecial')).not.toThrow();
  expect(() => checkSupport('RdpAccountant', sampled, 'replaceOne')).toThrow(UnsupportedEventError);
});

test('the error names the innermost event, the relation, and what does support it', () => {
  const event = composed([g, selfComposed({event: sampled, count: 5})]);
  const error = caught(() => checkSupport('RdpAccountant', event, 'replaceOne'));
  expect(error.event).toBe(sampled);
  expect(error.relation).toBe('replaceOne');
  expect(error.message).toBe(
    "RdpAccountant does not support poissonSampled({samplingProbability: 0.01, event: gaussian({noiseMultiplier: 1.1})}) under 'replaceOne': " +
      "poissonSampled is supported by RdpAccountant under 'addOrRemoveOne' or 'replaceSpecial'; " +
      "PldAccountant under 'addOrRemoveOne' or 'replaceOne' or 'replaceSpecial'; GdpAccountant under 'addOrRemoveOne'",
  );
});

test('sampling from a sample is refused', () => {
  const event = poissonSampled({samplingProbability: 0.5, event: composed([g, sampled])});
  const error = caught(() => checkSupport('RdpAccountant', event, 'addOrRemoveOne'));
  expect(error.event).toBe(sampled);
  expect(error.message).toContain('poissonSampled inside poissonSampled is supported by no accountant');
});

function caught(action: () => void): UnsupportedEventError {
  try {
    action();
  } catch (error) {
    if (error instanceof UnsupportedEventError) return error;
  }
  throw new Error('no UnsupportedEventError was thrown');
}
