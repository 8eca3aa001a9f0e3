import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';

import {DpError} from '../errors.js';
import {proveSeparation} from '../tape/prove.js';
import {record} from '../tape/record.js';
import {perExampleGradients, worstRelativeError} from '../testing/per_example.js';
import {Choices, runProgram} from '../testing/random_program.js';

/** Graphs in `npm test`, and in `npm run test:long`. */
const GRAPHS = process.env['DP_LONG_TESTS'] === undefined ? 400 : 12_000;
const B = 4;
const MAX_REFUSED_SEPARABLE = 0.05;

/** Batches of B examples, with features or positions also B. */
function batchOf(choices: Choices, rank: number): tf.Tensor {
  const shape = [B, ...Array.from({length: rank - 1}, () => choices.pick([B, 3, 2]))];
  return tf.tensor(choices.values(shape.reduce((a, b) => a * b)), shape, 'float32');
}

/**
 * Whether each example's loss follows it, and it alone: under changed rows, and under another order of the rows, in so many
 * trials on batches of their own. Saturated operations hide what they depend on from a few trials.
 */
function isSeparate(
  lossOf: (x: tf.Tensor) => tf.Tensor | undefined,
  shape: readonly number[],
  choices: Choices,
  trials: number,
): boolean {
  const losses = (batch: tf.Tensor): Float32Array =>
    tf.tidy(() => lossOf(batch)?.dataSync<'float32'>() ?? new Float32Array());
  const size = shape.slice(1).reduce((product, n) => product * n, 1);
  const drawRow = (): tf.Tensor =>
    tf.mul(tf.tensor(choices.values(size), shape.slice(1), 'float32'), 2 ** (choices.below(7) - 3));
  for (let trial = 0; trial < trials; trial++) {
    const rows = Array.from({length: B}, drawRow);
    const base = losses(tf.stack(rows));
    const at = choices.below(B);
    const changed = losses(tf.stack(rows.map((row, i) => (i === at ? drawRow() : row))));
    if (changed.some((value, i) => i !== at && !Object.is(value, base[i]))) return false;
    const shift = 1 + choices.below(B - 1);
    const rotated = losses(tf.stack(rows.map((_, i) => rows[(i + shift) % B] as tf.Tensor)));
    // Other rows may meet other kernels' remainders, so equality is to rounding here.
    const differs = (value: number, i: number): boolean =>
      !(Math.abs(value - (base[(i + shift) % B] as number)) <= 1e-4 * (1 + Math.abs(value)));
    if (rotated.some(differs)) return false;
  }
  return true;
}

function verdict(lossFn: () => tf.Tensor): DpError | undefined {
  const recording = record(lossFn);
  try {
    proveSeparation(recording, recording.value);
    return undefined;
  } catch (error) {
    if (error instanceof DpError) return error;
    throw error;
  } finally {
    recording.value.dispose();
    recording.dispose();
  }
}

describe('the proof on random graphs', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test(`accepts none of ${GRAPHS} graphs that mixes examples, and refuses few that do not`, () => {
    const counts = {accepted: 0, mixing: 0, separableRefused: 0};
    const reasons = new Map<string, number>();
    for (let seed = 0, graphs = 0; graphs < GRAPHS; seed++) {
      tf.tidy(() => {
        const choices = new Choices(1_000_000 + seed);
        const x = batchOf(choices, 2 + choices.below(2));
        const width = x.shape[x.rank - 1] ?? 1;
        const w = tf.variable(tf.tensor(choices.values(width * width), [width, width], 'float32'));
        const lossOf = (batch: tf.Tensor): tf.Tensor | undefined => runProgram(seed, batch, w);
        if (lossOf(x) !== undefined) {
          graphs++;
          const refused = verdict(() => lossOf(x) ?? tf.tensor1d([]));
          // A refusal is held against the proof only if nothing is found in many more trials.
          const separate = isSeparate(lossOf, x.shape, choices, refused === undefined ? 3 : 24);
          if (refused === undefined) {
            counts.accepted++;
            if (!separate) throw new Error(`the proof accepts program ${seed}, which mixes examples`);
            compareGradients(seed, () => lossOf(x) ?? tf.tensor1d([]), w);
          } else if (separate) {
            counts.separableRefused++;
            const reason = refused.message.replace(/\(in.*?\)|\d+/g, '').slice(0, 110);
            reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
          } else {
            counts.mixing++;
          }
        }
        w.dispose();
      });
    }
    const listed = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, times]) => `${times} x ${reason}`);
    if (process.env['DP_FUZZ_REPORT'] !== undefined) console.log(counts, listed.join('\n'));
    expect(counts.mixing).toBeGreaterThan(GRAPHS / 4);
    expect(counts.accepted).toBeGreaterThan(GRAPHS / 4);
    expect(counts.separableRefused / (counts.accepted + counts.separableRefused)).toBeLessThan(
      MAX_REFUSED_SEPARABLE,
    );
  }, 1_200_000);
});

/** Where both ways have a rule, the fast path equals the one-hot loop. */
function compareGradients(seed: number, lossFn: () => tf.Tensor, w: tf.Variable): void {
  try {
    const fast = perExampleGradients(lossFn, [w]);
    const loop = perExampleGradients(lossFn, [w], 'loop');
    if (!(worstRelativeError(fast, loop) < 1e-4))
      throw new Error(`program ${seed}: fast gradients differ from the loop's`);
  } catch (error) {
    if (!(error instanceof DpError)) throw error;
  }
}
