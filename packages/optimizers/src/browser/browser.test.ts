import {beforeAll, describe, expect, test} from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

import {chromium, pageResults, pageScript} from '../../../../tools/testing/chromium.js';
import {privateSteps, type Answer, type Results} from './testing/work.js';

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...b.map((value, i) => value - (a[i] ?? NaN)));
}

/** Within float32 arithmetic of another order: what is summed and noised is no longer than the clip norm. */
function expectEqual(found: Answer['steps'], expected: Readonly<Record<string, Results>>): void {
  expect(Object.keys(found ?? {})).toEqual(Object.keys(expected));
  for (const [model, {norms, sums, weights}] of Object.entries(expected)) {
    const own = found?.[model];
    norms.forEach((norm, i) => expect(distance([own?.norms[i] ?? NaN], [norm])).toBeLessThan(1e-5 * norm));
    sums.forEach((sum, v) => expect(distance(own?.sums[v] ?? [], sum)).toBeLessThan(1e-5));
    if (own?.weights === undefined) continue;
    weights?.forEach((values, v) => expect(distance(own.weights?.[v] ?? [], values)).toBeLessThan(1e-5));
  }
}

(chromium === undefined ? describe.skip : describe)(
  'private steps in Chromium (skipped where that is not installed)',
  () => {
    let script = '';
    let expected: Record<string, Results> = {};
    beforeAll(async () => {
      script = pageScript(new URL('testing/page.ts', import.meta.url));
      await tf.setBackend('cpu');
      expected = privateSteps();
      // Something is clipped, and something is learned.
      for (const {norms} of Object.values(expected)) expect(Math.max(...norms)).toBeGreaterThan(0.5);
    });

    test('on webgl they equal those on the cpu backend', async () => {
      const {error, steps} = await pageResults<Answer>(script, 'webgl');
      expect(error).toBeUndefined();
      expectEqual(steps, expected);
    });

    test('on webgpu they do, or are refused where it reads zeros; what is summed is the same', async () => {
      const {error, steps, sums, missing} = await pageResults<Answer>(script, 'webgpu');
      if (missing) {
        console.warn('this Chromium has no webgpu: nothing was tested');
        return;
      }
      if (error !== undefined) expect(error).toContain('the webgpu backend returned 0 for a computed value');
      expectEqual(error === undefined ? steps : sums, expected);
    });
  },
);
