import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';

/** A process of a machine. `started` tells two apart that had the same number; empty where the system does not say. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return {host: hostname(), pid: process.pid, started: startOf(process.pid)};
}

/** Whether a process may still run: false only where it is certain that it does not. */
export function mayRun({host, pid, started}: ProcessIdentity): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // No such process. Any other refusal means that there is one.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return now === '' || started === '' || now === started;
}

/** When a process started, in ticks since the machine did: field 22 of Linux's /proc/PID/stat. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses that may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
