import { sendBody } from '../../src/sending/action.js';
import type { ApiWay, PipelineWay } from '../../src/sending/plan.js';
import { spawnTabcast } from '../../src/servers/spawned.js';
import { httpWay, post } from '../http-way.js';
import type { Peer } from '../peer.js';
import { packageVersion } from '../versions.js';

const protection =
  'Tabs prove who they are with a JWT, slow tabs are closed, limits are in force, but that of handshakes per second';

/** tabcast without history, fed past its API as the floor is. */
export const tabcast: Peer = {
  name: 'tabcast',
  title: () => `tabcast ${version()}, history off`,
  remarks: `${protection}; nothing is kept. Fed through Redis, as one gateway feeds another.`,
  missing: () => undefined,
  start: ({ redis }) => spawnTabcast({ redis, history: false, through: 'redis' }),
};

/** tabcast as it is by default, fed past its API. */
export const tabcastHistory: Peer = {
  name: 'tabcast-history',
  title: () => `tabcast ${version()}, history on`,
  remarks: `${protection}; every message is kept with a position, so that a tab that was away gets what it missed. Fed through Redis, by the script that gateways publish with.`,
  missing: () => undefined,
  start: ({ redis }) => spawnTabcast({ redis, through: 'redis' }),
};

/** tabcast without history, fed as nchan, Centrifugo and Workerman are. */
export const tabcastHttp: Peer = {
  name: 'tabcast-http',
  title: () => `tabcast ${version()}, history off, fed over HTTP`,
  remarks: `${protection}; nothing is kept. Fed over its HTTP API, one message in a request, on the same process: the equal of peers that are fed over HTTP, but that a channel's next request waits for the answer to the last, since requests cannot be pipelined.`,
  missing: () => undefined,
  start: async ({ redis }) => {
    const target = await spawnTabcast({ redis, history: false });
    return {
      ...target,
      way: async (destinations, textBytes) => {
        const way = await target.way(destinations, textBytes);
        return way.kind === 'api' ? overHttp(way, textBytes) : way;
      },
    };
  },
};

/** One message in a request, on bare sockets as the other peers are fed; without idempotency keys, which they do not have. */
function overHttp({ urls: [url], key, targets }: ApiWay, textBytes: number): PipelineWay {
  const headers = ['Content-Type: application/json', `Authorization: Bearer ${key}`];
  return {
    ...httpWay(
      Number(new URL(url!).port),
      targets.map((to) => post('/v1/send', textBytes, headers, sendBody(to))),
    ),
    // uWebSockets.js does not allow requests to follow one another unanswered: more connections instead.
    ...{ waits: true, connections: 64 },
  };
}

function version(): string {
  return packageVersion('@tabcast/gateway');
}
