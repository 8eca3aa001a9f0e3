import {spawn} from 'node:child_process';
import {EventEmitter} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from '@jest/globals';
import {transform} from '@swc/core';
import {interruptible} from './interrupt.js';

class Signalled extends EventEmitter {
  readonly exits: number[] = [];

  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('interruptible', () => {
  test('the first Ctrl-C aborts the signal, once', () => {
    const process = new Signalled();
    let calls = 0;
    const {signal} = interruptible({process, onInterrupt: () => calls++});
    expect(signal.aborted).toBe(false);
    process.emit('SIGINT');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({name: 'AbortError', message: 'Interrupted by Ctrl-C'});
    expect(calls).toBe(1);
    expect(process.exits).toEqual([]);
  });

  test('a second one exits with 130; a copy of the first, as npm sends it, does not', () => {
    const process = new Signalled();
    let time = 0;
    let calls = 0;
    interruptible({process, now: () => time, onInterrupt: () => calls++});
    process.emit('SIGINT');
    time = 20;
    process.emit('SIGINT');
    expect([process.exits, calls]).toEqual([[], 1]);
    time = 600;
    process.emit('SIGINT');
    expect([process.exits, calls]).toEqual([[130], 1]);
  });

  test('dispose gives Ctrl-C back', () => {
    const process = new Signalled();
    const {signal, dispose} = interruptible({process});
    dispose();
    expect(process.listenerCount('SIGINT')).toBe(0);
    process.emit('SIGINT');
    expect(signal.aborted).toBe(false);
  });
});

(process.platform === 'win32' ? describe.skip : describe)('a real process', () => {
  /** Runs a loop under `interruptible` and sends Ctrl-C whenever the loop prints "again". */
  async function run(loop: string): Promise<{code: number | null; signal: string | null; output: string}> {
    const folder = await mkdtemp(join(tmpdir(), 'dp-tutorials-'));
    try {
      const source = await readFile(fileURLToPath(new URL('interrupt.ts', import.meta.url)), 'utf8');
      const {code} = await transform(source, {jsc: {parser: {syntax: 'typescript'}, target: 'es2022'}});
      await writeFile(join(folder, 'interrupt.mjs'), code);
      const start = `import {interruptible} from './interrupt.mjs';
        import {setTimeout as wait} from 'node:timers/promises';
        const {signal, dispose} = interruptible();\n`;
      await writeFile(join(folder, 'loop.mjs'), start + loop);
      const child = spawn(process.execPath, [join(folder, 'loop.mjs')]);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (chunk.toString().includes('again')) child.kill('SIGINT');
      });
      return await new Promise((resolve) => {
        child.on('close', (code, signal) => resolve({code, signal, output}));
      });
    } finally {
      await rm(folder, {recursive: true});
    }
  }

  test('ends its loop in order after one Ctrl-C', async () => {
    const loop = `console.log('again');
      while (!signal.aborted) await wait(5);
      dispose();
      console.log('spent');`;
    expect(await run(loop)).toEqual({code: 0, signal: null, output: 'again\nspent\n'});
  });

  test('exits at once after two, with 130', async () => {
    const loop = `console.log('again');
      while (!signal.aborted) await wait(5);
      await wait(600);
      console.log('again');
      await wait(30_000);`;
    expect(await run(loop)).toMatchObject({code: 130, signal: null});
  });

  test('is ended by Ctrl-C as usual once disposed of', async () => {
    const loop = `dispose();
      console.log('again');
      await wait(30_000);`;
    expect(await run(loop)).toMatchObject({code: null, signal: 'SIGINT'});
  });
});
