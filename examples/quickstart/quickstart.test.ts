import {expect, test} from '@jest/globals';
import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

test('the quickstart runs as a user would run it, learns, and prints the true epsilon of a plain fit', () => {
  const script = fileURLToPath(new URL('quickstart.js', import.meta.url));
  // With the packages' TypeScript built: what `npm install` leaves behind.
  const output = execFileSync(process.execPath, [script], {encoding: 'utf8'});
  const accuracy = Number(/not private\): ([\d.]+)/.exec(output)?.[1]);
  expect(accuracy).toBeGreaterThan(0.8);
  expect(output).toMatch(
    /^epsilon 7\.\d\d at delta 0.00001 \(replaceSpecial\): each of 2048 records took part once in each epoch/m,
  );
  expect(output).toMatch(/would hold if batches were Poisson-sampled; it is not valid for this run/);
});
