import { readdirSync, readFileSync } from 'node:fs';
import { coreTime, cpuMicros } from '../servers/cpu.js';
import { loadCore, serverCore } from '../servers/program.js';
import type { ProcessUsage, Target } from '../servers/target.js';

/** What all programs of the machine have used up to a moment. Sums of processes: busy ticks of /proc/stat cannot be trusted on every VM. */
export interface Spent {
  /** ms of a monotonic clock. */
  readonly at: number;
  /** Of the server's own processes, µs. */
  readonly gateway: number;
  /** Of its Redis, µs; NaN where it has none. */
  readonly redis: number;
  /** Resident memory of the server's own processes, bytes. */
  readonly resident: number;
  /** Of all processes that belong to the measurement, µs. */
  readonly ours: number;
  /** Of every process of the machine, µs. */
  readonly machine: number;
  /** Ticks of both cores that the host gave to others, and all of them. */
  readonly stolen: number;
  readonly ticks: number;
}

/** Reads it. */
export async function spentBy(target: Target): Promise<Spent> {
  const usage = await target.usage();
  const cores = [coreTime(serverCore), coreTime(loadCore)];
  return {
    at: performance.now(),
    gateway: sum(ofRole(usage, 'gateway').map(({ cpuMicros }) => cpuMicros)),
    redis: usage.some(({ role }) => role === 'redis')
      ? sum(ofRole(usage, 'redis').map(({ cpuMicros }) => cpuMicros))
      : Number.NaN,
    resident: sum(ofRole(usage, 'gateway').map(({ residentBytes }) => residentBytes)),
    ours: cpuMicros(process.pid),
    machine: sum(processes().map(cpuOf)),
    stolen: sum(cores.map(({ stolen }) => stolen)),
    ticks: sum(cores.map(({ total }) => total)),
  };
}

/** Where the time between two moments went, as shares of it, 0 to 1. */
export interface Busy {
  readonly serverCoreBusy: number;
  readonly loadCoreBusy: number;
  readonly intruded: number;
  readonly stolen: number;
}

/** Compares two moments. */
export function busyBetween(begin: Spent, end: Spent): Busy {
  const micros = (end.at - begin.at) * 1000;
  const gateway = end.gateway - begin.gateway;
  const ours = end.ours - begin.ours;
  const cores = 2;
  return {
    serverCoreBusy: gateway / micros,
    loadCoreBusy: (ours - gateway) / micros,
    intruded: Math.max(0, end.machine - begin.machine - ours) / micros / cores,
    stolen: (end.stolen - begin.stolen) / (end.ticks - begin.ticks),
  };
}

function ofRole(usage: readonly ProcessUsage[], role: ProcessUsage['role']): ProcessUsage[] {
  return usage.filter((process) => process.role === role);
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Of one process, without its children; 0 when it is gone by now. */
function cpuOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return (
      sum(
        threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0])),
      ) / 1000
    );
  } catch {
    return 0;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
