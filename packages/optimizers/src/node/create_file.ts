import {closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

/** Makes a file that is never seen without its content, wherever the process is killed or the disk is full. */
export function createWith(path: string, content: string): void {
  const unfinished = `${path}.new`;
  try {
    writeFileSync(unfinished, content, {flush: true});
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, {force: true});
  }
  // A new name is on disk when its folder is; Windows has no such call.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
