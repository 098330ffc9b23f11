import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { jsonProtocol } from '@tabcast/shared';
import { freePort, Program, serverCore } from './program.js';
import type { TabPlan } from './tab.js';
import { signToken } from './token.js';

/** A server under test, started and ready. */
export interface Server {
  readonly pid: number;
  /** Port for tabs. */
  readonly port: number;
  /** Whether what is published has to be kept, with a position. */
  readonly keeps: boolean;
  /** What a tab of this user asks for. Groups are left out where the server has none. */
  tab(user: string, groups?: readonly string[]): TabPlan;
  stop(): Promise<void>;
}

/** The servers that are compared, by the name they have in reports; the first is the yardstick. */
export const servers = {
  floor: startFloor,
  tabcast: startForgetful,
  'tabcast-history': startGateway,
} as const;

export type ServerName = keyof typeof servers;

/**
 * Starts the floor.
 * @param nodeFlags for the Node that runs it
 */
export async function startFloor(redisPort: number, nodeFlags: readonly string[] = []): Promise<Server> {
  const program = startNode(nodeFlags, './floor.js', [String(redisPort)]);
  const port = await program.until('listening', () => Number(program.output) || undefined);
  return {
    pid: program.pid,
    port,
    keeps: false,
    tab: (user) => ({ path: `/?user=${user}`, protocols: [] }),
    stop: () => program.stop(),
  };
}

/** As `startGateway`, with no history. */
export function startForgetful(redisPort: number, nodeFlags: readonly string[] = []): Promise<Server> {
  return startGateway(redisPort, nodeFlags, false);
}

/**
 * Starts a gateway in production mode.
 * @param nodeFlags for the Node that runs it
 * @param history whether its channels have one, of the usual size
 */
export async function startGateway(
  redisPort: number,
  nodeFlags: readonly string[] = [],
  history = true,
): Promise<Server> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const secret = randomBytes(32).toString('hex');
  const program = startNode(nodeFlags, '../../../gateway/bin/tabcast.js', ['start'], {
    TABCAST_MODE: 'production',
    TABCAST_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    TABCAST_TOKEN_SECRETS: secret,
    TABCAST_API_KEYS: randomBytes(32).toString('hex'),
    TABCAST_ORIGINS: '*',
    TABCAST_PUBLIC_HOST: '127.0.0.1',
    TABCAST_PUBLIC_PORT: String(port),
    TABCAST_INTERNAL_PORT: String(internalPort),
    TABCAST_LOG_LEVEL: 'warn',
    // How fast tabs come is up to the plan of the measurement.
    TABCAST_HANDSHAKE_RATE: '0',
    TABCAST_DRAIN_LAME_DUCK: '0',
    TABCAST_DRAIN_WINDOW: '0',
    ...(history ? {} : noHistory),
  });
  await program.until('ready', () => isReady(internalPort));
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  return {
    pid: program.pid,
    port,
    keeps: history,
    tab: (user, groups) => {
      const token = signToken({ sub: user, exp, ...(groups && { groups }) }, secret);
      return { path: '/ws', protocols: [jsonProtocol, `bearer.${token}`] };
    },
    stop: () => program.stop(),
  };
}

const noHistory = {
  TABCAST_HISTORY_USER_SIZE: '0',
  TABCAST_HISTORY_GROUP_SIZE: '0',
  TABCAST_HISTORY_REGISTERED_SIZE: '0',
  TABCAST_HISTORY_ALL_SIZE: '0',
};

async function isReady(internalPort: number): Promise<true | undefined> {
  const answer = await fetch(`http://127.0.0.1:${internalPort}/readyz`).catch(() => undefined);
  return answer?.status === 200 ? true : undefined;
}

/** Runs a script, named from here, on the core of servers. */
function startNode(
  nodeFlags: readonly string[],
  script: string,
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Program {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return new Program(serverCore, [process.execPath, ...nodeFlags, path, ...args], environment);
}
