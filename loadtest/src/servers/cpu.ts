import { readdirSync, readFileSync } from 'node:fs';

/** What Linux says about processes and cores, from /proc. */

/**
 * User and system time that a process and its living children have used, µs. From `schedstat`, which counts in ns;
 * `stat` has ticks of 10 ms only. Time of threads that have ended is not in it; Node's live as long as the process.
 * @throws {Error} when there is no such process
 */
export function cpuMicros(pid: number): number {
  let nanoseconds = 0;
  for (const id of family(pid))
    for (const thread of unlessEnded(() => readdirSync(`/proc/${id}/task`), []))
      nanoseconds += unlessEnded(() => Number(read(`/proc/${id}/task/${thread}/schedstat`).split(' ')[0]), 0);
  return nanoseconds / 1000;
}

/**
 * Resident memory of a process and its living children, bytes. `smaps_rollup` is exact, `statm` is not.
 * @throws {Error} when there is no such process
 */
export function residentBytes(pid: number): number {
  let kilobytes = 0;
  for (const id of family(pid)) {
    const memory = unlessEnded(() => read(`/proc/${id}/smaps_rollup`), '');
    kilobytes += Number(/^Rss:\s+(\d+) kB$/m.exec(memory)?.[1] ?? 0);
  }
  return kilobytes * 1024;
}

/** Where the time of a core went since the machine was started, in ticks. */
export interface CoreTime {
  readonly busy: number;
  /** Taken by other guests of the host. */
  readonly stolen: number;
  readonly total: number;
}

/** Reads one core's line of /proc/stat (proc(5)). */
export function coreTime(core: number): CoreTime {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(read('/proc/stat'));
  if (line === null) throw new Error(`this machine has no core ${core}`);
  const [user, nice, system, idle, waiting, interrupts, softInterrupts, stolen] = line[1]!
    .split(' ')
    .map(Number);
  const busy = user! + nice! + system! + interrupts! + softInterrupts!;
  return { busy, stolen: stolen!, total: busy + idle! + waiting! + stolen! };
}

/**
 * A process and all that live and descend from it.
 * @throws {Error} when there is no such process
 */
export function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap((child) => unlessEnded(() => family(child), []))];
}

/** Children and threads may end while they are looked at: ENOENT, or ESRCH where their file is open already. */
export function unlessEnded<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return otherwise;
    throw error;
  }
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}
