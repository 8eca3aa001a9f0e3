import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {afterEach, describe, expect, test} from '@jest/globals';

import {instantiateKernels} from './instantiate.js';

describe('an engine', () => {
  const whole = WebAssembly;
  afterEach(() => {
    globalThis.WebAssembly = whole;
  });

  test('whose WebAssembly has no SIMD is told which one to use, and asked again', () => {
    const memory = new WebAssembly.Memory({initial: 1});
    globalThis.WebAssembly = {
      ...whole,
      Module: function () {
        throw new whole.CompileError('Wasm SIMD unsupported');
      } as never,
    };
    const attempt = (): unknown => instantiateKernels(memory);
    expect(attempt).toThrow(
      /has no SIMD.*private steps on every backend.*Node 16\.4.*tf\.setBackend\('cpu'\)/,
    );
    expect(attempt).toThrow(expect.objectContaining({cause: expect.any(whole.CompileError)}));
    globalThis.WebAssembly = whole;
    expect('matMul' in instantiateKernels(memory)).toBe(true);
  });

  test('without WebAssembly trains without privacy on cpu, and refuses a private step with what to do', () => {
    const loader = new URL('../../../tools/typescript.mjs', import.meta.url).href;
    const program = fileURLToPath(new URL('testing/without_webassembly.ts', import.meta.url));
    const options = ['--jitless', '--no-warnings', `--import=${loader}`, '--conditions=@dp/source', program];
    const output = execFileSync(process.execPath, options, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const {plain, refusal} = JSON.parse(output.split('\n').at(-2) ?? '') as {plain: number; refusal: string};
    expect(plain).toBe(3);
    expect(refusal).toMatch(
      /^this engine has no WebAssembly, which the kernels of @dp\/kernels need: .* without --jitless/,
    );
  });
});
