import {expect, test} from '@jest/globals';

import {chromium, pageResults, pageScript} from '../../../../tools/testing/chromium.js';
import type {FittedInBrowser} from './testing/fit_page.js';

(chromium === undefined ? test.skip : test)(
  'fit in Chromium loses no release of a page that is killed, and goes on (skipped where that is not installed)',
  async () => {
    const script = pageScript(new URL('testing/fit_page.ts', import.meta.url));
    // What is for Node alone is not among what a browser loads.
    expect(script).not.toContain('cli-progress');
    const found = await pageResults<FittedInBrowser>(script, 'fit');
    expect(found.error).toBeUndefined();
    const {said = NaN, afterKill = NaN, afterFit, epsilon} = found;
    expect(afterKill).toBeGreaterThanOrEqual(said);
    expect(afterFit).toEqual([afterKill + 30, afterKill + 30]);
    expect(epsilon).toBeGreaterThan(0);
  },
);
