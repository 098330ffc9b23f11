import { GatewayProcess, secret } from '../gateway.js';
import { RawClient, refusedHandshake, shakeHands } from '../raw-client.js';
import { SharedTestSocket } from '../shared-socket.js';
import { TestTab } from '../tab.js';
import { sign } from '../tokens.js';
import { until } from '../until.js';
import { Wire } from '../wire.js';
import { type MetricEvent, type Stage, scene } from './scene.js';
import {
  closed,
  frames,
  handshake,
  orders,
  publications,
  questions,
  readPage,
  sends,
  token,
} from './series.js';

const now = () => Math.floor(Date.now() / 1000);

function tokenOf(claims: object = {}): Promise<string> {
  const good = { sub: 'mia', aud: 'tests', iat: now() - 60, exp: now() + 600, join: ['*'] };
  return sign(secret, 'HS256', { ...good, ...claims });
}

const open = async ({ gateway }: Stage, claims?: object) =>
  TestTab.open(gateway.socketUrl, { token: await tokenOf(claims) });

/** Each event of these has this many tabs, one of which it calls by name. */
async function withTabs(
  stage: Stage,
  count: number,
  act: (tab: TestTab) => Promise<unknown>,
): Promise<() => Promise<unknown>> {
  const tabs = await Promise.all(Array.from({ length: count }, () => open(stage)));
  await act(tabs[0]!);
  return () => Promise.all(tabs.map((tab) => tab.close()));
}

/** A socket with so many tabs. */
async function sharedBy({ gateway }: Stage, count: number): Promise<SharedTestSocket> {
  const socket = await SharedTestSocket.open(gateway.socketUrl);
  for (let opened = 0; opened < count; opened++) await socket.openTab({ token: await tokenOf() });
  return socket;
}

/** A tab that has to bring its token yet, what it says, and the end of it. */
async function prove({ gateway }: Stage, ...said: string[]): Promise<void> {
  const client = await RawClient.connect(gateway.publicPort);
  for (const frame of said) client.send(frame);
  await client.closed;
}

function knock({ gateway }: Stage, headers: Record<string, string>): Promise<unknown> {
  return refusedHandshake(gateway.publicPort, { headers });
}

const bearing = (shown: string) => ({ Authorization: `Bearer ${shown}` });
const proof = (shown: string) => JSON.stringify({ action: 'sys/auth', details: [shown] });

async function post({ gateway }: Stage, path: string, body: object): Promise<void> {
  await gateway.api(path, { method: 'POST', body: JSON.stringify(body) });
}

/** A tab that the application closes. */
function closing(reason: string, body: object, user: string): MetricEvent<Stage> {
  const act = async (stage: Stage) => {
    const tab = await open(stage, { sub: user });
    await post(stage, '/v1/disconnect', { user, ...body });
    await tab.closed;
  };
  return [{ [closed(reason)]: 1, [orders('close')]: 1 }, act];
}

const badTokens: Readonly<Record<string, () => Promise<string> | string>> = {
  'too-long': () => 'x'.repeat(8193),
  malformed: () => 'nonsense',
  signature: () => sign('x'.repeat(32), 'HS256', { sub: 'mia', exp: now() + 600 }),
  expired: () => tokenOf({ exp: now() - 60 }),
  'not-yet-valid': () => tokenOf({ nbf: now() + 60 }),
  claims: () => tokenOf({ aud: 'somebody else' }),
};

const handshakes: MetricEvent<Stage>[] = [
  [{ [handshake('request')]: 1 }, (stage) => knock(stage, { Upgrade: 'h2c' })],
  [{ [handshake('origin')]: 1 }, (stage) => knock(stage, { Origin: 'https://evil.example' })],
  [
    { [handshake('accepted')]: 1, tabcast_tabs_opened_total: 1, [token('accepted')]: 1 },
    async (stage) => knock(stage, bearing(await tokenOf())),
  ],
  ...Object.entries(badTokens).flatMap(([outcome, make]): MetricEvent<Stage>[] => [
    [{ [token(outcome)]: 1, [handshake('token')]: 1 }, async (stage) => knock(stage, bearing(await make()))],
    [
      { [token(outcome)]: 1, [closed('token-refused')]: 1, [handshake('accepted')]: 1 },
      async (stage) => prove(stage, proof(await make())),
    ],
  ]),
  [
    { [token('revoked')]: 1, [handshake('token')]: 1, [orders('revoke')]: 1, [publications('gateways')]: 1 },
    async (stage) => {
      await post(stage, '/v1/revoke', { user: 'gone' });
      await knock(stage, bearing(await tokenOf({ sub: 'gone' })));
    },
  ],
];

const ends: MetricEvent<Stage>[] = [
  [{ [closed('client')]: 1 }, async (stage) => (await open(stage)).close()],
  [{ [closed('lost')]: 1 }, async (stage) => (await open(stage)).socket.terminate()],
  [{ [closed('auth-timeout')]: 1 }, (stage) => prove(stage)],
  [
    { [closed('too-early')]: 1 },
    (stage) => prove(stage, ...Array.from({ length: 33 }, () => '{"action":"hello"}')),
  ],
  [{ [closed('malformed')]: 1 }, (stage) => prove(stage, 'x', 'x', 'x')],
  [
    { [closed('crowded')]: 1, tabcast_tabs_opened_total: 9, [handshake('accepted')]: 1 },
    async (stage) => {
      const socket = await sharedBy(stage, 8);
      await socket.connect({ token: await tokenOf() }).closed;
      return () => socket.close();
    },
  ],
  [{ [closed('token-expired')]: 1 }, async (stage) => (await open(stage, { exp: now() + 1 })).closed],
  [
    { [closed('protocol')]: 1 },
    async ({ gateway }) => {
      const wire = await Wire.connect(gateway.publicPort);
      await shakeHands(wire);
      const reservedBit = [0xc1, 0x81, 1, 2, 3, 4, 5];
      wire.write(Buffer.from(reservedBit));
      await wire.closed;
    },
  ],
  closing('disconnected', { reconnect: true }, 'ann'),
  closing('dismissed', { reconnect: false }, 'bob'),
  closing('application', { code: 4900 }, 'cid'),
  [
    { [closed('revoked')]: 1 },
    async (stage) => {
      const tab = await open(stage, { sub: 'dan' });
      await post(stage, '/v1/revoke', { user: 'dan' });
      await tab.closed;
    },
  ],
];

const frame = '{"action":"x","details":["grün"]}';

const messages: MetricEvent<Stage>[] = [
  [
    { [frames('action')]: 2, [frames('system')]: 3, [frames('malformed')]: 1 },
    (stage) =>
      withTabs(stage, 1, async (tab) => {
        for (const name of ['a', 'sys/join', 'b', 'sys/nothing', 'sys/leave']) tab.send(name);
        tab.socket.send('x');
        await tab.next('sys/frame:error');
      }),
  ],
  [
    {
      ...Object.fromEntries(
        ['all', 'registered', 'user', 'group', 'gateway'].map((kind) => [publications(kind), 1]),
      ),
      [sends('accepted')]: 5,
      tabcast_deliveries_total: 8,
      tabcast_delivered_bytes_total: 8 * Buffer.byteLength(frame),
    },
    (stage) =>
      withTabs(stage, 2, async (tab) => {
        tab.send('sys/join', ['blue']);
        await tab.next('sys/join');
        const targets = [{ all: true }, { registered: true }, { user: 'mia' }, { group: 'blue' }];
        const all = [...targets, { connection: tab.connection }];
        const sends = all.map((to) => ({ to, action: 'x', details: ['grün'], history: false }));
        await stage.gateway.send(sends);
      }),
  ],
  [
    { tabcast_delivery_seconds_count: 'some' },
    (stage) =>
      withTabs(stage, 1, async () => {
        const count = async () => (await readPage(stage.gateway)).get('tabcast_delivery_seconds_count')!;
        const before = await count();
        await until('a send to be timed', async () => {
          await stage.gateway.send({ to: { user: 'mia' }, action: 'x' });
          return (await count()) > before;
        });
      }),
  ],
  [{ [sends('invalid')]: 1 }, ({ gateway }) => gateway.send([{}, {}])],
  [
    { [sends('accepted')]: 1, [sends('conflict')]: 1 },
    async ({ gateway }) => {
      for (const action of ['x', 'y'])
        await gateway.send({ to: { user: 'mia' }, action }, { 'idempotency-key': 'k' });
    },
  ],
];

const asking: MetricEvent<Stage>[] = [
  [
    { [orders('describe')]: 1, [orders('answer')]: 1, [questions('complete')]: 1 },
    (stage) => withTabs(stage, 1, () => stage.gateway.api('/v1/users/mia')),
  ],
  [
    { [orders('put')]: 1, [orders('remove')]: 1 },
    (stage) =>
      withTabs(stage, 1, async () => {
        for (const method of ['PUT', 'DELETE'])
          await stage.gateway.api('/v1/groups/blue/users/mia', { method });
      }),
  ],
];

const gauges: MetricEvent<Stage>[] = [
  [
    { tabcast_tabs: 2, tabcast_connections: 2, tabcast_channels: 4, tabcast_tabs_capacity_ratio: 0.25 },
    (stage) =>
      withTabs(stage, 2, async (tab) => {
        tab.send('sys/join', ['blue']);
        await tab.next('sys/join');
      }),
  ],
  [
    { tabcast_tabs: 3, tabcast_connections: 1, tabcast_channels: 3, tabcast_tabs_capacity_ratio: 0.375 },
    async (stage) => {
      const socket = await sharedBy(stage, 3);
      return () => socket.close();
    },
  ],
];

/** What tabs and backends do to one gateway that is on its own. */
export const alone = scene('one gateway on its own', async () => {
  const gateway = await GatewayProcess.start({
    ...{ AUTH_TIMEOUT: '500', TOKEN_GRACE: '0', TOKEN_AUDIENCES: 'tests', MAX_TABS: '8' },
  });
  return { gateway, close: () => gateway.kill() };
}, [...handshakes, ...ends, ...messages, ...asking, ...gauges]);
