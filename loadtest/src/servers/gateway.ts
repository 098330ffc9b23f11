import { fileURLToPath } from 'node:url';
import { collecting } from './collecting.js';
import { freePort, Program, serverCore } from './program.js';
import type { RedisServer } from './redis.js';

/** How to start a gateway here. */
export interface GatewayOptions {
  /** That gateways share; it goes on when they stop. */
  readonly redis: RedisServer;
  /** Whether their channels have a history of the usual size (true). */
  readonly history?: boolean;
  /** Further options of the gateway, as variables of the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For the Node that runs it. */
  readonly nodeFlags?: readonly string[];
  /** Whether it can be made to free what it no longer needs (false). */
  readonly collects?: boolean;
  /** On which it runs (that of servers). */
  readonly core?: number;
  /** Where it listens (127.0.0.1, at ports that are free). */
  readonly at?: Place;
}

/** Where a gateway listens. */
export interface Place {
  /** An address of this machine. */
  readonly host: string;
  /** For tabs. */
  readonly port: number;
  readonly internalPort: number;
}

/** What gateways of one cluster take as good. */
export interface Secrets {
  /** Signs tokens (HS256). */
  readonly token: string;
  /** Of the API. */
  readonly key: string;
}

/** One gateway of this machine. */
export interface Gateway extends Place {
  readonly program: Program;
  readonly pid: number;
}

/** Starts a gateway in production mode. */
export async function startGateway(options: GatewayOptions, { token, key }: Secrets): Promise<Gateway> {
  const { redis, history = true, environment, nodeFlags = [], collects, core = serverCore } = options;
  const place = options.at ?? {
    host: '127.0.0.1',
    port: await freePort(),
    internalPort: await freePort(),
  };
  const script = fileURLToPath(new URL('../../../../gateway/bin/tabcast.js', import.meta.url));
  const flags = [...(collects ? collecting : []), ...nodeFlags];
  const program = new Program(core, [process.execPath, ...flags, script, 'start'], {
    TABCAST_MODE: 'production',
    TABCAST_REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    TABCAST_TOKEN_SECRETS: token,
    TABCAST_API_KEYS: key,
    // Required, though raw tabs have none.
    TABCAST_ORIGINS: 'http://localhost',
    TABCAST_PUBLIC_HOST: place.host,
    TABCAST_PUBLIC_PORT: String(place.port),
    TABCAST_INTERNAL_HOST: place.host,
    TABCAST_INTERNAL_PORT: String(place.internalPort),
    TABCAST_LOG_LEVEL: 'warn',
    ...unlimited,
    ...(history ? {} : noHistory),
    ...environment,
  });
  return { program, pid: program.pid, ...place };
}

/** How fast tabs come is up to the plan of the measurement, and nobody is waited for at the end. */
const unlimited = {
  TABCAST_HANDSHAKE_RATE: '0',
  TABCAST_DRAIN_LAME_DUCK: '0',
  TABCAST_DRAIN_WINDOW: '0',
};

const noHistory = {
  TABCAST_HISTORY_USER_SIZE: '0',
  TABCAST_HISTORY_GROUP_SIZE: '0',
  TABCAST_HISTORY_REGISTERED_SIZE: '0',
  TABCAST_HISTORY_ALL_SIZE: '0',
};

/** Resolves when it takes tabs. */
export async function untilReady({ program, host, internalPort }: Gateway): Promise<void> {
  await program.until('ready', async () => {
    const answer = await fetch(`http://${host}:${internalPort}/readyz`).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  });
}
