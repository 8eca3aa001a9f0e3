#!/usr/bin/env node
import {run} from '../dist/cli/dp_audit.js';

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
