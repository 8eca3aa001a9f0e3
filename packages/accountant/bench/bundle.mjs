import {gzipSync} from 'node:zlib';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

/** The whole library as one minified ES module for a browser, and its size, which should stay under 40 kB gzipped. */
export async function bundle() {
  const {outputFiles} = await build({
    entryPoints: [fileURLToPath(new URL('../dist/index.js', import.meta.url))],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
  });
  const [{contents}] = outputFiles;
  return {
    name: 'browser bundle',
    bytes: contents.length,
    gzippedBytes: gzipSync(contents, {level: 9}).length,
  };
}
