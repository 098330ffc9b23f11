import { tabcastDialect } from '../../src/fleet/dialect.js';
import { channelOf } from '../../src/servers/target.js';
import type { Peer } from '../peer.js';
import { startNode, targetOf } from '../started.js';
import { packageVersion } from '../versions.js';

/** The limit of what fan-out from Node can cost. */
export const raw: Peer = {
  name: 'raw',
  title: () => `raw uWebSockets.js (${packageVersion('uWebSockets.js')})`,
  remarks:
    'The limit, and no server that anyone could use: it publishes from a timer of its own, so there is no Redis and no second process. Its figure includes writing the texts, which elsewhere the sender does.',
  missing: () => undefined,
  start: async () => {
    const running = await startNode(new URL('./server.js', import.meta.url));
    return targetOf({
      name: raw.name,
      ...running,
      dialect: tabcastDialect,
      tab: ({ user }) => ({ path: `/?user=${user}`, protocols: [] }),
      way: async (destinations) => ({
        kind: 'self',
        url: `http://127.0.0.1:${running.port}/send`,
        channels: destinations.map(channelOf),
      }),
    });
  },
};
