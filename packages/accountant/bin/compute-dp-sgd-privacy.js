#!/usr/bin/env node
import {run} from '../dist/cli/compute_dp_sgd_privacy.js';

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  writeFile: async (path, text) => (await import('node:fs/promises')).writeFile(path, text),
});
