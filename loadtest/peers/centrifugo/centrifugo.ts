import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Dialect } from '../../src/fleet/dialect.js';
import { actionFrame } from '../../src/sending/action.js';
import type { Wrapping } from '../../src/sending/plan.js';
import { freePort, Program, serverCore } from '../../src/servers/program.js';
import { channelOf } from '../../src/servers/target.js';
import { signToken } from '../../src/servers/token.js';
import { accepts } from '../accepts.js';
import { channelsOf } from '../channels.js';
import { Folder } from '../folder.js';
import { httpWay, post } from '../http-way.js';
import { findProgram } from '../installed.js';
import type { Peer, Place } from '../peer.js';
import { targetOf } from '../started.js';
import { configuration } from './configuration.js';

/** Written for, and to be installed as. */
const version = 'v6.9.1';

/** A unidirectional WebSocket: the first frame tells that the tab is in; a push ends with the data of a publication. */
const dialect: Dialect = { tail: '"]}}}'.length };

/** A server in Go for the same purpose as ours. */
export const centrifugo: Peer = {
  name: 'centrifugo',
  title: () => execFileSync(program()!, ['version'], { encoding: 'utf8' }).trim(),
  remarks:
    'Go, confined to one core like everyone here, with its Redis engine; unidirectional WebSocket with JWT and server-side subscriptions; fed over its HTTP API on the same process (its figure includes that: compare with tabcast-http). History off. A frame wraps the action in channel and publication, some 30 bytes more.',
  missing: () =>
    program() === undefined
      ? `no program "centrifugo" is on the PATH: go install github.com/centrifugal/centrifugo/v6@${version}, or a release of its maintainers`
      : undefined,
  start,
};

function program(): string | undefined {
  return findProgram('centrifugo');
}

async function start({ redis }: Place) {
  const [port, internalPort] = [await freePort(), await freePort()];
  const [secret, key] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const folder = new Folder();
  const settings = { port, internalPort, redisPort: redis.port, secret, key };
  const file = folder.write('config.json', configuration(settings));
  const running = new Program(serverCore, [program()!, '--config', file], { GOMAXPROCS: '1' });
  await running.until('listening', () => accepts(internalPort));
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  return targetOf({
    name: centrifugo.name,
    ...{ program: running, port, redis, folder, dialect },
    tab: ({ user }) => ({
      path: '/connection/uni_websocket',
      protocols: [],
      first: JSON.stringify({ token: signToken({ sub: user, exp, channels: channelsOf(user) }, secret) }),
    }),
    way: async (destinations, textBytes) =>
      httpWay(
        internalPort,
        destinations.map((destination) => publication(channelOf(destination), key, textBytes)),
      ),
  });
}

/** `publish` of the HTTP API, one channel in a request. */
function publication(channel: string, key: string, textBytes: number): Wrapping {
  const headers = ['Content-Type: application/json', `X-API-Key: ${key}`];
  const { head, tail } = actionFrame;
  const body = { head: `{"channel":${JSON.stringify(channel)},"data":${head}`, tail: `${tail}}` };
  return post('/api/publish', textBytes, headers, body);
}
