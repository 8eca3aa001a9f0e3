import {expect, test} from '@jest/globals';

import {chromium, pageResults, pageScript} from '../../../../tools/testing/chromium.js';
import type {KilledLedgers} from './testing/ledger_page.js';

(chromium === undefined ? test.skip : test)(
  'a writer that is killed in Chromium leaves a row for each release (skipped where that is not installed)',
  async () => {
    const script = pageScript(new URL('testing/ledger_page.ts', import.meta.url));
    const found = await pageResults<KilledLedgers>(script, 'ledger');
    expect(found.error).toBeUndefined();
    expect(found.wasLocked).toBe(true);
    expect(found.kills).toHaveLength(4);
    for (const {said, rows} of found.kills ?? []) expect(rows).toBeGreaterThanOrEqual(said);
  },
);
