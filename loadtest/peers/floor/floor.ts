import { tabcastDialect } from '../../src/fleet/dialect.js';
import type { Peer } from '../peer.js';
import { publishingTo } from '../redis-way.js';
import { startNode, targetOf } from '../started.js';
import { packageVersion } from '../versions.js';

/** The yardstick: uWebSockets.js and ioredis, and nothing else. */
export const floor: Peer = {
  name: 'floor',
  title: () =>
    `floor: uWebSockets.js (${packageVersion('uWebSockets.js')}) + ioredis ${packageVersion('ioredis')}, 50 lines`,
  remarks:
    'The yardstick: fan-out through Redis without any feature. Nobody is authenticated, slow tabs and reconnects of Redis are not thought of, nothing is kept.',
  missing: () => undefined,
  start: async ({ redis }) => {
    const running = await startNode(new URL('./server.js', import.meta.url), [String(redis.port)]);
    return targetOf({
      name: floor.name,
      ...running,
      redis,
      dialect: tabcastDialect,
      tab: ({ user }) => ({ path: `/?user=${user}`, protocols: [] }),
      way: (destinations, textBytes) => publishingTo(redis, destinations, textBytes),
    });
  },
};
