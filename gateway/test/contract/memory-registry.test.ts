import { createMemoryBroker } from '../../src/broker/memory/broker.js';
import { MemoryBus } from '../../src/broker/memory/bus.js';
import { createMemoryRegistry } from '../../src/broker/memory/registry.js';
import { registryContract } from './registry.contract.js';

registryContract('memory', async () => {
  const bus = new MemoryBus();
  return {
    create: (_, lifetime) => ({
      registry: createMemoryRegistry(bus, lifetime),
      broker: createMemoryBroker({ idempotencyTtl: 1000, bus }),
    }),
    close: async () => {},
  };
});
