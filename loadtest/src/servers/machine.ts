import { cpus, release, totalmem, type } from 'node:os';
import type { Machine } from '../report/result.js';

/**
 * Describes this machine.
 * @param versions of server programs, beside Node's
 */
export function thisMachine(versions: Readonly<Record<string, string>> = {}): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown CPU',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    versions: { Node: process.versions.node, ...versions },
  };
}
