// A newcomer's way: packs every package as npm would publish it, installs the archives in an empty project, runs programs of
// READMEs and guides there, and bundles one for browsers by esbuild and by Vite.
//   node tools/packed.mjs [--node 22,24] [--keep]     --node: other versions of Node too, from npm
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: flags} = parseArgs({
  options: {node: {type: 'string', default: ''}, keep: {type: 'boolean', default: false}},
});

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'dp-packed-'));
const run = (command, args, cwd = project) => execFileSync(command, args, {cwd, encoding: 'utf8'});
const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'))).version;

function expectMatch(what, output, pattern) {
  if (!pattern.test(output)) throw new Error(`${what} printed:\n${output}\nexpected ${pattern}`);
  console.log(`ok: ${what}`);
}

try {
  const packages = readdirSync(join(root, 'packages'));
  const archives = packages.map((name) => {
    const [{filename}] = JSON.parse(
      run(
        'npm',
        ['pack', '--json', '--ignore-scripts', '--pack-destination', project],
        join(root, 'packages', name),
      ),
    );
    return [`@dp/${name}`, `file:${filename}`];
  });
  const tf = ['core', 'layers', 'backend-wasm', 'backend-cpu'].map((part) => `@tensorflow/tfjs-${part}`);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'empty',
      private: true,
      type: 'module',
      dependencies: {
        ...Object.fromEntries(archives),
        ...Object.fromEntries(tf.map((name) => [name, version(name)])),
      },
      devDependencies: {esbuild: version('esbuild'), vite: '^8.0.0'},
    }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline']);
  console.log(`ok: ${packages.length} packages installed`);

  // In Node.
  writeFileSync(join(project, 'app.js'), readFileSync(join(root, 'examples/quickstart/quickstart.js')));
  expectMatch('quickstart', run('node', ['app.js']), /^epsilon 7\.\d\d at delta 0\.00001/m);
  const guide = readFileSync(join(root, 'docs/guides/first-private-model.md'), 'utf8');
  writeFileSync(join(project, 'train.js'), /```js\n([^]*?)```/.exec(guide)[1]);
  expectMatch('first private model', run('node', ['train.js']), /^epsilon 2\.00 at delta 0\.00001$/m);
  const bin = (name) => join(project, 'node_modules/.bin', name);
  const budget = ['--N=60000', '--batch_size=256', '--noise_multiplier=1.1', '--epochs=60', '--delta=1e-5'];
  expectMatch('compute-dp-sgd-privacy', run(bin('compute-dp-sgd-privacy'), budget), /3\.01/);
  expectMatch('dp-tutorial', run(bin('dp-tutorial'), ['mnist', '--help']), /--target_epsilon/);
  const lm = [
    '--data_dir=README.txt',
    '--epochs=1',
    '--batch_size=16',
    '--units=8',
    '--plot=lm.png',
    '--workers=2',
  ];
  writeFileSync(join(project, 'README.txt'), readFileSync(join(root, 'README.md')));
  expectMatch('dp-tutorial lm', run(bin('dp-tutorial'), ['lm', ...lm]), /^Written: lm\.png$/m);

  for (const major of flags.node.split(',').filter((text) => text !== '')) {
    const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
    const folder = mkdtempSync(join(project, 'node-'));
    writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
    run('npm', ['install', '--no-audit', '--no-fund', `${platform}@${major}`], folder);
    const node = join(folder, 'node_modules', platform, 'bin/node');
    expectMatch(`Node ${major}: version`, run(node, ['--version']), new RegExp(`^v${major}\\.`));
    expectMatch(`Node ${major}: quickstart`, run(node, ['app.js']), /^epsilon 7\.\d\d at delta/m);
    expectMatch(`Node ${major}: dp-tutorial`, run(node, [bin('dp-tutorial'), 'lm', '--help']), /--units/);
  }

  // For browsers: the same program in one file.
  const esbuild = [
    'app.js',
    '--bundle',
    '--format=esm',
    '--platform=browser',
    '--outfile=esbuild.js',
    '--log-level=error',
  ];
  run(bin('esbuild'), esbuild);
  expectMatch('esbuild', readFileSync(join(project, 'esbuild.js'), 'utf8'), /noiseMultiplier/);
  // A thread of a page, as the README of @dp/keras shows it.
  const readme = readFileSync(join(root, 'packages/keras/README.md'), 'utf8');
  writeFileSync(join(project, 'worker.js'), /```js\n([^`]*@dp\/keras\/worker[^`]*)```/.exec(readme)[1]);
  const thread =
    "globalThis.newWorker = () => new Worker(new URL('./worker.js', import.meta.url), {type: 'module'});\n";
  writeFileSync(join(project, 'page.js'), `import './app.js';\n${thread}`);
  writeFileSync(join(project, 'index.html'), '<script type="module" src="./page.js"></script>\n');
  run(bin('vite'), ['build', '--logLevel', 'error']);
  const assets = readdirSync(join(project, 'dist/assets')).sort();
  expectMatch('vite', assets.join(' '), /index-\S+\.js.*worker-\S+\.js/);

  // The accountant needs nothing of a browser or of Node: its bundle runs anywhere.
  writeFileSync(
    join(project, 'account.js'),
    "import {gaussianEpsilon} from '@dp/accountant';\nconsole.log(gaussianEpsilon({noiseMultiplier: 1, delta: 1e-5}).toFixed(2));\n",
  );
  run(bin('esbuild'), [
    'account.js',
    '--bundle',
    '--format=iife',
    '--platform=neutral',
    '--outfile=account.cjs',
  ]);
  expectMatch('bundled accountant', run('node', ['account.cjs']), /^4\.\d\d$/m);
} finally {
  if (flags.keep) console.log(project);
  else rmSync(project, {recursive: true});
}
