import { readFileSync } from 'node:fs';

/** Whether a process of this machine runs: is there, and no zombie that nobody has waited for (proc(5)). */
export function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
