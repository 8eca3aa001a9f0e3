import {expect, test} from '@jest/globals';

import type {KilledLedgers} from './testing/ledger_page.js';
import {chromium, pageResults, pageScript} from './testing/page_results.js';

(chromium === undefined ? test.skip : test)(
  'a writer that is killed in Chromium leaves a row for each release (skipped where that is not installed)',
  async () => {
    const found = await pageResults<KilledLedgers>(pageScript('ledger_page.ts'), 'ledger');
    expect(found.error).toBeUndefined();
    expect(found.wasLocked).toBe(true);
    expect(found.kills).toHaveLength(4);
    for (const {said, rows} of found.kills ?? []) expect(rows).toBeGreaterThanOrEqual(said);
  },
);
