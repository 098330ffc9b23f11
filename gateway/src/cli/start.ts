import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importKeys, type KeySources } from '../auth/keys.js';
import { createTokenVerifier } from '../auth/token.js';
import type { ApplicationModule } from '../backend/local.js';
import type { Broker } from '../broker/broker.js';
import { createMemoryBroker } from '../broker/memory/broker.js';
import { createRedisBroker } from '../broker/redis/broker.js';
import type { Config } from '../config/options.js';
import { Gateway, newGatewayId } from '../gateway.js';
import { createLog, type Logger } from '../log.js';
import { developmentHelp, developmentPages, madeUpKey } from './development.js';
import type { Io } from './io.js';

/**
 * `tabcast start`: a gateway that runs until SIGTERM or SIGINT. Resolves when it listens.
 * @throws {Error} with a sentence for the person who starts it
 */
export async function start(given: Config, version: string, io: Io): Promise<void> {
  const config = given.mode === 'development' ? withMadeUpKeys(given) : given;
  const id = newGatewayId();
  const log = createLog(config.logLevel, id);
  const gateway = new Gateway(
    {
      ...{ id, log, version, now: Date.now },
      broker: createBroker(config, id, log, io),
      verifier: await createVerifier(config, log, io),
      application: await loadApplication(config.handlers),
      pages: config.mode === 'development' ? developmentPages(config.tokenSecrets[0]!) : [],
    },
    {
      ...config,
      public: { host: config.publicHost, port: config.publicPort },
      internal: { host: config.internalHost, port: config.internalPort },
    },
  );
  stopOnSignal(gateway, log);
  await gateway.start();
  if (config.mode === 'development')
    io.out(await developmentHelp(gateway.ports, config.tokenSecrets[0]!, config.apiKeys[0]!));
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

function createBroker(config: Config, gateway: string, log: Logger, io: Io): Broker {
  const idempotencyTtl = config.idempotencyTtl * 1000;
  if (config.redisUrl === '') return createMemoryBroker({ idempotencyTtl });
  return createRedisBroker({
    ...{ gateway, log, idempotencyTtl },
    url: config.redisUrl,
    prefix: config.redisPrefix,
    timeout: config.redisTimeout,
    probeInterval: config.redisProbeInterval,
    ...(config.redisCaFile === '' ? {} : { ca: readOption('redis-ca-file', config.redisCaFile, io) }),
  });
}

async function createVerifier(config: Config, log: Logger, io: Io) {
  const sources: KeySources = {
    secrets: config.tokenSecrets,
    publicKeys: config.tokenKeyFiles.map((path, index) => readOption(`token-key-files[${index}]`, path, io)),
    ...(config.tokenJwksUrl === '' ? {} : { jwks: { url: config.tokenJwksUrl, now: Date.now, log } }),
  };
  const imported = await importKeys(sources);
  if ('problems' in imported) throw new Error(`the keys cannot be used\n  ${imported.problems.join('\n  ')}`);
  return createTokenVerifier({
    keys: imported.keys,
    issuer: config.tokenIssuer === '' ? undefined : config.tokenIssuer,
    audiences: config.tokenAudiences,
    clockTolerance: config.tokenClockTolerance,
    now: Date.now,
  });
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

function readOption(option: string, path: string, io: Io): string {
  try {
    return io.readFile(path);
  } catch (cause) {
    throw new Error(`${option}: ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function stopOnSignal(gateway: Gateway, log: Logger): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => {
      // A second signal means that the first was not quick enough.
      if (stopping) process.exit(1);
      stopping = true;
      log.info({ signal }, 'stopping');
      void gateway.stop().then(() => process.exit(0));
    });
}
