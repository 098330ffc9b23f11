import { readFileSync } from 'node:fs';
import { cpuMicros, family, residentBytes } from './cpu.js';
import type { ProcessUsage } from './target.js';

/** What a process of this machine and its children have used and hold now. @param name for instance `gateway 1` */
export function usageOf(name: string, role: ProcessUsage['role'], pid: number): ProcessUsage {
  const cgroup = cgroupBytes(pid);
  return {
    ...{ name, role, cpuMicros: cpuMicros(pid), residentBytes: residentBytes(pid) },
    ...(cgroup !== undefined && { cgroupBytes: cgroup }),
  };
}

/**
 * What the cgroup of a process holds, bytes; undefined where others are in it too, or there is no cgroup v2 (Linux,
 * Documentation/admin-guide/cgroup-v2.rst).
 * @param read tells the text of a file
 */
export function cgroupBytes(pid: number, read: (path: string) => string = readText): number | undefined {
  const own = /^0::(\/.*)$/m.exec(read(`/proc/${pid}/cgroup`))?.[1];
  if (own === undefined) return undefined;
  const directory = `/sys/fs/cgroup${own === '/' ? '' : own}`;
  try {
    const members = read(`${directory}/cgroup.procs`).split('\n').filter(Boolean).map(Number);
    const ours = new Set(family(pid));
    return members.every((member) => ours.has(member))
      ? Number(read(`${directory}/memory.current`))
      : undefined;
  } catch {
    // Without cgroup v2 there are no such files, nor at its root.
    return undefined;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
