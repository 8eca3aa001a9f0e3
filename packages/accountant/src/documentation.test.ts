import {readFileSync} from 'node:fs';
import {describe, expect, test} from '@jest/globals';
import {run as computeDpSgdPrivacy} from './cli/compute_dp_sgd_privacy.js';
import {run as dpAccountant} from './cli/dp_accountant.js';
import {called} from './cli/testing/called.js';

// Programs are run by docs/documentation.test.ts.
const PAGES = ['../README.md', '../../../docs/guides/which-epsilon.md'];
const COMMANDS = {'dp-accountant': dpAccountant, 'compute-dp-sgd-privacy': computeDpSgdPrivacy};

function blocks(page: string, language: string): string[] {
  const text = readFileSync(new URL(page, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, block]) => block!);
}

describe.each(PAGES)('%s', (page) => {
  const commands = blocks(page, 'sh');
  const outputs = blocks(page, 'text');

  test('has commands to run', () => {
    expect(commands.length).toBeGreaterThan(0);
    expect(outputs).toHaveLength(commands.length);
  });

  test('its commands print what stands below them, numbers within their tolerance', async () => {
    for (const [i, block] of commands.entries()) {
      let out = '';
      for (const line of block.trim().split('\n')) {
        const [name, ...argv] = line.replace('npx -p @dp/accountant ', '').split(' ');
        out += (await called(COMMANDS[name as keyof typeof COMMANDS], argv)).out;
      }
      // Columns widen with their numbers.
      const words = (text: string): string[] => text.trim().split(/\s+/);
      const [ours, theirs] = [words(out), words(outputs[i]!)];
      expect(ours).toHaveLength(theirs.length);
      ours.forEach((word, at) => {
        const [value, promised] = [Number(word), Number(theirs[at])];
        if (Number.isNaN(value)) expect(word).toBe(theirs[at]);
        else if (value !== promised) expect(Math.abs(value / promised - 1)).toBeLessThan(2e-3);
      });
    }
  });
});
