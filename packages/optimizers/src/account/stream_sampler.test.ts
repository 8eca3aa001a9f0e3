import {expect, test} from '@jest/globals';
import {gaussianEpsilon} from '@dp/accountant';

import {ROW} from '../testing/ledger_row.js';
import {Ledger} from './ledger.js';
import {privacySpent} from './spent.js';
import {streamSampler, type StreamSampler} from './stream_sampler.js';

const DELTA = 1e-5;

function release(ledger: Ledger, sampler: StreamSampler, batches: number): void {
  for (let i = 0; i < batches; i++) {
    const {id: batchId, sampling} = sampler.next();
    ledger.append({...ROW, batchId, sampling});
  }
}

const epochsOf = (ledger: Ledger): number[] =>
  ledger.rows.map(({sampling}) => (sampling as {readonly epoch: number}).epoch);

test('a stream is one Gaussian an epoch, under the relation that has no amplification', () => {
  const ledger = new Ledger();
  const sampler = streamSampler({numExamples: 10, batchSize: 4});
  expect(sampler.stepsPerEpoch).toBe(3);
  release(ledger, sampler, 9);
  expect(epochsOf(ledger)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
  const spent = privacySpent(ledger, {delta: DELTA});
  expect(spent.neighboring).toBe('replaceSpecial');
  expect(spent.basis).toContain('a stream: declared, and counted');
  const noiseMultiplier = ROW.noiseMultiplier / Math.sqrt(3);
  expect(spent.epsilon).toBeCloseTo(gaussianEpsilon({noiseMultiplier, delta: DELTA}), 8);
});

test('an epoch that is left and begun anew counts twice', () => {
  const ledger = new Ledger();
  const sampler = streamSampler({numExamples: 10, batchSize: 4});
  sampler.beginEpoch();
  release(ledger, sampler, 2);
  sampler.beginEpoch();
  release(ledger, sampler, 3);
  sampler.beginEpoch();
  expect(epochsOf(ledger)).toEqual([0, 0, 1, 1, 1]);
  const noiseMultiplier = ROW.noiseMultiplier / Math.sqrt(2);
  expect(privacySpent(ledger, {delta: DELTA}).epsilon).toBeCloseTo(
    gaussianEpsilon({noiseMultiplier, delta: DELTA}),
    8,
  );
});

test('it announces what it then says, and its batches are as large as declared', () => {
  const sampler = streamSampler({numExamples: 10, batchSize: 4});
  const announced = Array.from({length: 7}, (_, ahead) => sampler.announce(ahead));
  const drawn = Array.from({length: 7}, () => sampler.next());
  expect(drawn.map(({id, sampling}) => ({id, sampling}))).toEqual(announced);
  expect(drawn.map(({indices}) => indices.length)).toEqual([4, 4, 2, 4, 4, 2, 4]);
  expect(new Set(drawn.map(({id}) => id)).size).toBe(7);
  expect(sampler.rest()).toBeUndefined();
});
