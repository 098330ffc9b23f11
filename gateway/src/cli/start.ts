import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ApplicationModule } from '../backend/local.js';
import type { WebhookOptions } from '../backend/webhook/backend.js';
import { createMemoryBroker } from '../broker/memory/broker.js';
import { MemoryBus } from '../broker/memory/bus.js';
import { createMemoryRegistry } from '../broker/memory/registry.js';
import { createRedisBroker } from '../broker/redis/broker.js';
import type { RedisBrokerOptions } from '../broker/redis/options.js';
import { createRedisRegistry } from '../broker/redis/registry.js';
import type { Reading } from '../config/config.js';
import type { Config } from '../config/options.js';
import { Gateway } from '../gateway/gateway.js';
import { type GatewayOptions, type GatewayParts, newGatewayId } from '../gateway/parts.js';
import { capacityFor, softOpenFiles } from '../limits/capacity.js';
import { createLog, type Logger } from '../log.js';
import { endAtCrash } from './crash.js';
import { developmentHelp, developmentPages, madeUpKey } from './development.js';
import { readOption } from './files.js';
import type { Io } from './io.js';
import { Reload } from './reload.js';
import { onStopSignal } from './stop-signals.js';
import { readKeys, Trust } from './trust.js';

/** What a gateway begins with. */
export interface Beginning {
  readonly config: Config;
  /** Reads all sources of the configuration anew. */
  readonly read: () => Reading;
  readonly version: string;
}

/**
 * `tabcast start`: a gateway that runs until SIGTERM or SIGINT. Resolves when it listens.
 * @throws {Error} with a sentence for the person who starts it
 */
export async function start({ config: given, read, version }: Beginning, io: Io): Promise<void> {
  const config = given.mode === 'development' ? withMadeUpKeys(given) : given;
  const coming = begin({ config, read, version }, io);
  // In development nobody needs it, and a terminal that is closed says SIGHUP to end what runs in it.
  if (config.mode === 'production')
    io.onSignal('SIGHUP', () => void coming.then(({ reload }) => reload.run()).catch(() => {}));
  const { gateway } = await coming;
  if (config.mode === 'development')
    io.out(await developmentHelp(gateway.ports, config.tokenSecrets[0]!, config.apiKeys[0]!));
}

/** Starts a gateway, and says how it takes over another configuration. */
async function begin(
  { config, read, version }: Beginning,
  io: Io,
): Promise<{ gateway: Gateway; reload: Reload }> {
  const id = newGatewayId();
  const { worker } = io;
  const log = createLog(config.logLevel, { gateway: id, ...(worker && { worker: worker.number }) });
  const trust = new Trust(config, await readKeys(config, log, io));
  const { verifier } = trust;
  const gateway = new Gateway(
    {
      ...{ id, log, version, verifier, hasKeys: () => trust.keys.any, now: Date.now, workers: worker },
      ...createCarriers(config, id, log, io),
      application: await loadApplication(config.handlers),
      webhooks: webhooksOf(config),
      pages: config.mode === 'development' ? developmentPages(config.tokenSecrets[0]!) : [],
    },
    optionsOf(config, io),
  );
  stopOnSignal(gateway, log, io);
  endAtCrash(() => gateway.hurry(), log);
  const parts = { gateway, trust, log, read, io, optionsOf: (next: Config) => optionsOf(next, io) };
  const reload = new Reload(parts, config);
  await gateway.start();
  return { gateway, reload };
}

/** Development needs no configuration at all: keys that are missing are made on the spot, and end with the process. */
function withMadeUpKeys(config: Config): Config {
  const { tokenSecrets, apiKeys } = config;
  return {
    ...config,
    tokenSecrets: tokenSecrets.length === 0 ? [madeUpKey()] : tokenSecrets,
    apiKeys: apiKeys.length === 0 ? [madeUpKey()] : apiKeys,
  };
}

/** @throws {Error} with a sentence */
function optionsOf(config: Config, io: Io): GatewayOptions {
  const shared = io.worker !== undefined;
  return {
    ...config,
    capacity: capacityFor(config.maxTabs, openFiles(io)),
    public: { host: config.publicHost, port: config.publicPort, shared },
    internal: { host: config.internalHost, port: config.internalPort, shared },
  };
}

/** How many files this process may open; only Linux says. */
function openFiles(io: Io): number {
  try {
    return softOpenFiles(io.readFile('/proc/self/limits'));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

type Carriers = Pick<GatewayParts, 'broker' | 'registry'>;

function createCarriers(config: Config, gateway: string, log: Logger, io: Io): Carriers {
  const idempotencyTtl = config.idempotencyTtl * 1000;
  if (config.redisUrl === '') {
    const bus = new MemoryBus();
    return { broker: createMemoryBroker({ idempotencyTtl, bus }), registry: createMemoryRegistry(bus) };
  }
  const options: RedisBrokerOptions = {
    ...{ gateway, log, idempotencyTtl },
    url: config.redisUrl,
    prefix: config.redisPrefix,
    timeout: config.redisTimeout,
    probeInterval: config.redisProbeInterval,
    ...(config.redisSentinelPassword === '' ? {} : { sentinelPassword: config.redisSentinelPassword }),
    ...(config.redisCaFile === '' ? {} : { ca: readOption('redis-ca-file', config.redisCaFile, io) }),
  };
  return { broker: createRedisBroker(options), registry: createRedisRegistry(options) };
}

async function loadApplication(path: string): Promise<ApplicationModule | undefined> {
  if (path === '') return undefined;
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new Error(`handlers: ${path} cannot be loaded: ${(cause as Error).message}`, { cause });
  });
  if (typeof module.default !== 'function')
    throw new Error(`handlers: ${path}: expected "export default (tabcast) => { tabcast.on(…) }"`);
  return module.default;
}

/** Where the application takes events; undefined where it does not. */
function webhooksOf(config: Config): WebhookOptions | undefined {
  if (config.webhookUrl === '') return undefined;
  return {
    url: config.webhookUrl,
    secrets: config.webhookSecrets,
    events: config.webhookEvents,
    timeout: config.webhookTimeout,
    concurrency: config.webhookConcurrency,
    queue: config.webhookQueue,
    bodyLimit: config.webhookBodyLimit,
    privateNetworks: config.webhookPrivateNetworks,
  };
}

function stopOnSignal(gateway: Gateway, log: Logger, io: Io): void {
  onStopSignal(io, (signal, count) => {
    log.info({ signal }, count === 1 ? 'stopping' : 'hurrying');
    if (count === 1) void gateway.leave();
    else if (count === 2) void gateway.hurry();
    else process.exit(1);
  });
  // With the exit code of a crash, where that was the reason.
  void gateway.ended.then(() => process.exit());
}
