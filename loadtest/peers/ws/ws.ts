import { tabcastDialect } from '../../src/fleet/dialect.js';
import type { Peer } from '../peer.js';
import { publishingTo } from '../redis-way.js';
import { startNode, targetOf } from '../started.js';
import { packageVersion } from '../versions.js';

/** The most used WebSocket library of Node. */
export const ws: Peer = {
  name: 'ws',
  title: () => `ws ${packageVersion('ws')} + ioredis ${packageVersion('ioredis')}`,
  remarks:
    'Hand-written, with one frame per publication and corked sockets, faster than ws.send() in a loop. Nobody is authenticated, slow tabs are not thought of (memory would grow), nothing is kept.',
  missing: () => undefined,
  start: async ({ redis }) => {
    const running = await startNode(new URL('./server.js', import.meta.url), [String(redis.port)]);
    return targetOf({
      name: ws.name,
      ...running,
      redis,
      dialect: tabcastDialect,
      tab: ({ user }) => ({ path: `/?user=${user}`, protocols: [] }),
      way: (destinations, textBytes) => publishingTo(redis, destinations, textBytes),
    });
  },
};
