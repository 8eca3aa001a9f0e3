import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The Python that each environment's pinned packages have wheels for. */
const PYTHON = {opacus: 'python3.11', jax: 'python3.12', tf: 'python3.10'};

/** Makes a Python environment in the folder, with its pinned packages; one that is there is taken as it is. */
export function install(folder, name) {
  const environment = join(folder, name);
  if (existsSync(join(environment, 'bin', 'python'))) return;
  const requirements = fileURLToPath(new URL(`python/${name}.txt`, import.meta.url));
  console.error(`installing ${name} into ${environment}`);
  execFileSync(PYTHON[name], ['-m', 'venv', environment], {stdio: 'inherit'});
  execFileSync(join(environment, 'bin', 'pip'), ['install', '-q', '-r', requirements], {stdio: 'inherit'});
}
