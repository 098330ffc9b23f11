import { fileURLToPath } from 'node:url';
import { Program, serverCore } from '../src/servers/program.js';
import type { RedisServer } from '../src/servers/redis.js';
import type { Target } from '../src/servers/target.js';
import { usageOf } from '../src/servers/usage.js';
import type { Folder } from './folder.js';

/** A peer whose program runs. */
export interface Started extends Pick<Target, 'name' | 'dialect' | 'tab' | 'way'> {
  readonly program: Program;
  /** For tabs. */
  readonly port: number;
  /** If it needs one. */
  readonly redis?: RedisServer;
  /** Where its files are; removed when it has stopped. */
  readonly folder?: Folder;
}

/** What is measured of a peer: its program with all children, and its Redis. */
export function targetOf({ program, port, redis, folder, ...rest }: Started): Target {
  return {
    ...rest,
    servers: [{ host: '127.0.0.1', port }],
    usage: async () => [
      usageOf('gateway', 'gateway', program.pid),
      ...(redis === undefined ? [] : [usageOf('redis', 'redis', redis.pid)]),
    ],
    stop: async () => {
      await program.stop();
      folder?.remove();
    },
  };
}

/** Runs a compiled server of ours on the core of servers; it prints the port that it listens on. */
export async function startNode(
  server: URL,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; port: number }> {
  const program = new Program(serverCore, [process.execPath, fileURLToPath(server), ...args], environment);
  const port = await program.until('listening', () => Number(program.output) || undefined);
  return { program, port };
}
