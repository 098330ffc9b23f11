import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { Broker } from '../../src/broker/broker.js';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import type { RedisBrokerOptions } from '../../src/broker/redis/options.js';
import { createRedisRegistry } from '../../src/broker/redis/registry.js';
import type { Registry } from '../../src/broker/registry.js';
import { Recorder } from '../support/recorder.js';
import { type Carrier, idempotencyTtl } from './broker.contract.js';
import type { RegistryCarrier } from './registry.contract.js';

/** Of one gateway, named `g` and silent unless `more` says otherwise. */
export function optionsFor(url: string, more: Partial<RedisBrokerOptions> = {}): RedisBrokerOptions {
  return {
    ...{ url, prefix: 'test', gateway: 'g', log: pino({ level: 'silent' }) },
    ...{ timeout: 2000, probeInterval: 1000, idempotencyTtl },
    ...more,
  };
}

/** What the suite needs of brokers. Whoever has started what is at the URL closes it. */
export function brokersAt(url: string, prefix = 'test'): Carrier {
  return {
    create: (gateway) => createRedisBroker(optionsFor(url, { gateway, prefix })),
    close: async () => {},
  };
}

/** As brokersAt, for registries: each has its broker. */
export function registriesAt(url: string, prefix = 'test'): RegistryCarrier {
  return {
    create: (gateway, lifetime) => ({
      registry: createRedisRegistry(optionsFor(url, { gateway, prefix }), lifetime),
      broker: createRedisBroker(optionsFor(url, { gateway, prefix })),
    }),
    close: async () => {},
  };
}

/** The sentence of a start that failed. */
export async function refusalOf(part: Broker | Registry): Promise<string> {
  try {
    await part.start(new Recorder());
  } catch (error) {
    if ('state' in part) assert.equal(part.state, 'closed');
    return (error as Error).message;
  }
  await part.close();
  return assert.fail('it started');
}

/** Who logs in as a user with no other permissions than `grantWhatIsAskedFor` gives; for URLs. */
export const login = 'tabcast:secret@';

/** Takes the operator's part: makes that user, and runs the command in the sentence of a start that failed. */
export async function grantWhatIsAskedFor(
  part: Broker | Registry,
  run: (command: string, ...args: string[]) => Promise<unknown>,
): Promise<void> {
  await run('ACL', 'SETUSER', 'tabcast', 'on', '>secret');
  const refusal = await refusalOf(part);
  const [line] = /ACL SETUSER .*$/.exec(refusal) ?? assert.fail(`no ACL line in: ${refusal}`);
  const [command, ...args] = line.split(' ');
  await run(command!, ...args);
}
