import {createRequire} from 'node:module';
import {dirname} from 'node:path';
import {beforeAll, describe, expect, test} from '@jest/globals';

import {chromium, pageResults, pageScript} from '../../../../tools/testing/chromium.js';
import type {TrainedInBrowser} from './testing/dedicated_page.js';

// tf.js's WebAssembly modules.
const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

// What a server sends for pages that may share memory between threads.
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

(chromium === undefined ? describe.skip : describe)(
  'a dedicated thread in Chromium (skipped where that is not installed)',
  () => {
    let script = '';
    beforeAll(() => {
      script = pageScript(new URL('testing/dedicated_page.ts', import.meta.url));
    });

    test.each([
      ['cpu', 'where memory is shared', ISOLATED],
      ['cpu', 'where weights and sums are sent', {}],
      ['wasm', 'where memory is shared', ISOLATED],
    ])(
      'trains as the page does on %s, bit for bit, while timers of the page run: %s',
      async (backend, _, headers) => {
        const found = await pageResults<TrainedInBrowser>(script, backend, headers, WASM);
        expect(found.error).toBeUndefined();
        expect(found.isolated).toBe(headers === ISOLATED);
        const {before, alone, dedicated} = found.weights ?? {};
        expect(dedicated).toEqual(alone);
        expect(dedicated).not.toEqual(before);
        // A step in the page's own thread lets nothing run; in another's, a timer runs again and again.
        expect(found.ticks?.alone).toEqual([0, 0, 0, 0]);
        expect(found.ticks?.dedicated).toHaveLength(4);
        const ticks = found.ticks?.dedicated.reduce((sum, count) => sum + count, 0);
        expect(ticks).toBeGreaterThanOrEqual(4);
        expect(found.refused).toContain('give workers: {newWorker');
      },
    );
  },
);
