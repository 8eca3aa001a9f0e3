import {getEventListeners} from 'node:events';
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {expect, test} from '@jest/globals';
import {dpAdam} from '@dp/optimizers';
import '@dp/kernels';
import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';

import {dpSequential} from '../model/factories.js';
import {openRun} from './run_folder.js';

const STEPS = Number(process.env['DP_SOAK_STEPS'] ?? 2000);
const EPOCH = 20;
const BATCH = 4;
/** Bytes of a ledger row in memory: the row, its link, what the accountant keeps of it. */
const ROW_BYTES = 4096;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What may not grow with the number of steps, but for the ledger's rows. */
interface Held {
  readonly tensors: number;
  readonly tensorBytes: number;
  readonly wasmBytes: number;
  readonly listeners: number;
  readonly files: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

function held(signal: AbortSignal): Held {
  collectGarbage();
  const {numTensors, numBytes} = tf.memory();
  const {wasm} = tf.backend() as unknown as {readonly wasm: {readonly HEAPU8: Uint8Array}};
  const {heapUsed, rss} = process.memoryUsage();
  return {
    tensors: numTensors,
    tensorBytes: numBytes,
    wasmBytes: wasm.HEAPU8.byteLength,
    listeners:
      getEventListeners(signal, 'abort').length +
      process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    files: existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0,
    heapBytes: heapUsed,
    residentBytes: rss,
  };
}

const long = process.env['DP_LONG_TESTS'] === undefined ? test.skip : test;

long(
  `tensors, memory, listeners and open files stay constant over ${STEPS} steps with ledger and checkpoints on disk`,
  async () => {
    await tf.setBackend('wasm');
    const folder = mkdtempSync(join(tmpdir(), 'soak-'));
    const run = openRun(folder);
    const model = dpSequential({
      layers: [
        layers.conv2d({inputShape: [8, 8, 1], filters: 4, kernelSize: 3, activation: 'relu'}),
        layers.maxPooling2d({poolSize: 2}),
        layers.flatten(),
        layers.dropout({rate: 0.2}),
        layers.dense({units: 3, activation: 'softmax'}),
      ],
    });
    const noise = {l2NormClip: 1, noiseMultiplier: 1, numMicrobatches: BATCH, expectedBatchSize: BATCH};
    const numExamples = EPOCH * BATCH;
    model.compile({
      optimizer: dpAdam({learningRate: 1e-3, ...noise, ledger: run.ledger}),
      loss: 'categoricalCrossentropy',
      metrics: ['accuracy'],
      privacy: {numExamples, delta: 1e-5},
    });
    const {signal} = new AbortController();
    const x = tf.tidy(() => tf.reshape(tf.sin(tf.range(0, numExamples * 64)), [numExamples, 8, 8, 1]));
    const y = tf.oneHot(
      Array.from({length: numExamples}, (_, i) => i % 3),
      3,
    );
    const seen: Held[] = [];
    const part = STEPS / 5;
    await model.fit(x, y, {
      epochs: STEPS / EPOCH,
      verbose: 0,
      maxPhysicalBatch: 3,
      validationData: [x, y],
      signal,
      callbacks: [
        run.checkpoints(model, {everySteps: 50}),
        {
          onBatchEnd() {
            if (run.ledger.rows.length % part === 0) seen.push(held(signal));
          },
        },
      ],
    });
    run.close();
    rmSync(folder, {recursive: true});
    console.log(seen);
    // The first part warms up: code is compiled, buffers grow to their size.
    const [first, ...later] = seen as [Held, ...Held[]];
    expect(later).toHaveLength(4);
    for (const {heapBytes, residentBytes, ...constant} of later) {
      const {heapBytes: heap, residentBytes: resident, ...expected} = first;
      expect(constant).toEqual(expected);
      expect(heapBytes - heap).toBeLessThan(STEPS * ROW_BYTES);
      // And what the garbage collector has not given back to the system.
      expect(residentBytes - resident).toBeLessThan(STEPS * ROW_BYTES + 128 * 2 ** 20);
    }
    expect(run.ledger.rows).toHaveLength(STEPS);
  },
  4 * 3_600_000,
);
