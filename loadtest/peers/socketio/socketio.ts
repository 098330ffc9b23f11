import type { Dialect } from '../../src/fleet/dialect.js';
import type { Peer, Place } from '../peer.js';
import { redisWay } from '../redis-way.js';
import { startNode, targetOf } from '../started.js';
import { packageVersion } from '../versions.js';
import { emission } from './packet.js';

/** Engine.IO 4 over WebSocket: the server opens (`0{…}`), the tab enters the namespace (`40{…}`), and is told so. */
const dialect: Dialect = { welcomeFrames: 2, ping: '2', pong: '3', tail: '"]'.length };

const remarks =
  'WebSocket only (no long polling), no authentication, no connection state recovery; packets are published into Redis as @socket.io/redis-emitter does. A frame is 42["load","<text>"], 109 bytes instead of 128. The classic Redis adapter, not the sharded one, and none of the native add-ons of ws.';

/** Socket.IO on the engine that it has by default. */
export const socketio: Peer = {
  name: 'socketio-ws',
  title: () => `${title()}, ws engine`,
  remarks,
  missing: () => undefined,
  start: (place) => start('ws', place),
};

/** Socket.IO on uWebSockets.js. */
export const socketioUws: Peer = {
  name: 'socketio-uws',
  title: () => `${title()}, uWebSockets.js engine`,
  remarks,
  missing: () => undefined,
  start: (place) => start('uws', place),
};

function title(): string {
  return `Socket.IO ${packageVersion('socket.io')} + Redis adapter ${packageVersion('@socket.io/redis-adapter')}`;
}

async function start(engine: 'ws' | 'uws', { redis }: Place) {
  const running = await startNode(new URL('./server.js', import.meta.url), [String(redis.port), engine]);
  return targetOf({
    name: `socketio-${engine}`,
    ...running,
    redis,
    dialect,
    tab: ({ user }) => ({
      path: '/socket.io/?EIO=4&transport=websocket',
      protocols: [],
      first: `40${JSON.stringify({ user })}`,
    }),
    way: async (destinations, textBytes) =>
      redisWay(
        redis.port,
        destinations.map((destination) => emission(destination, textBytes)),
      ),
  });
}
