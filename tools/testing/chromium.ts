import {execFileSync, spawn} from 'node:child_process';
import {accessSync, constants, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {basename, delimiter, extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The path of Chromium, where it is installed. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

// Both graphics interfaces in software, so that machines without a graphics card have them.
const FLAGS = [
  ...['--headless', '--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
  // Otherwise the first synchronous read of the webgpu backend ends its device.
  ...['--use-vulkan=swiftshader', '--disable-vulkan-surface'],
];

// In a process of its own: esbuild refuses to run inside the sandboxes of a test runner.
const BUNDLE = `
import {build} from 'esbuild';
const {outputFiles} = await build({
  entryPoints: [process.argv[1]], bundle: true, write: false, platform: 'browser', format: 'iife',
  conditions: ['@dp/source'], logLevel: 'error',
});
process.stdout.write(outputFiles[0].contents);`;

/** The script of a page, for a browser. */
export function pageScript(page: URL): string {
  const argv = ['--input-type=module', '-e', BUNDLE, fileURLToPath(page)];
  return execFileSync(process.execPath, argv, {encoding: 'utf8', maxBuffer: 2 ** 28});
}

const PAGE = '<!doctype html><meta charset="utf-8"><script src="/page.js"></script>';
const TYPES: Readonly<Record<string, string>> = {'.js': 'text/javascript', '.wasm': 'application/wasm'};

/**
 * Opens the page with a query (a backend), and waits for what it sends back; `error` if it could not.
 *
 * @param headers - That the page and its script are served with.
 * @param files - A folder whose WebAssembly modules are served beside it.
 */
export async function pageResults<T extends {readonly error?: string}>(
  script: string,
  query: string,
  headers: Readonly<Record<string, string>> = {},
  files?: string,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'dp-browser-'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  const answer = new Promise<string>((resolve) => {
    server.on('request', (request, response) => {
      if (request.method === 'POST') {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          response.end();
          resolve(Buffer.concat(chunks).toString('utf8'));
        });
      } else {
        const url = request.url ?? '/';
        const kind = extname(url);
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        response.setHeader('content-type', TYPES[kind] ?? 'text/html');
        if (kind === '.wasm') response.end(readFileSync(join(files ?? '', basename(url))));
        else response.end(kind === '.js' ? script : PAGE);
      }
    });
  });
  const address = `http://127.0.0.1:${port}/?${query}`;
  const browser = spawn(chromium ?? 'chromium', [...FLAGS, `--user-data-dir=${folder}`, address], {
    stdio: 'ignore',
    detached: true, // The leader of a group, which all its processes are in.
  });
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  try {
    const early = ended.then(() => JSON.stringify({error: 'the browser ended without an answer'}));
    return JSON.parse(await Promise.race([answer, early])) as T;
  } finally {
    browser.kill();
    await ended;
    killGroup(browser.pid);
    server.closeAllConnections();
    server.close();
    rmSync(folder, {recursive: true, force: true, maxRetries: 15});
  }
}

/** Ends what a browser has left behind, and might still write to its folder. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing was left.
  }
}
