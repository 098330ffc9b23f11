import { type ChildProcess, spawn } from 'node:child_process';

/** Kills a process when ours is gone, however it went: its own end of the pipe is then closed. */
export function reap(pid: number): ChildProcess {
  const reaper = spawn('sh', ['-c', `cat >/dev/null; kill -9 ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();
  return reaper;
}
