import { once } from 'node:events';
import { ConfiguredGateway } from '../configured.js';
import { GatewayProcess } from '../gateway.js';
import { KeySetServer } from '../key-set-server.js';
import { RawClient, refusedHandshake } from '../raw-client.js';
import { TestTab, tokenFor } from '../tab.js';
import { keyPair, sign } from '../tokens.js';
import { type Stage, scene } from './scene.js';
import { cache, closed, handshake, limit, orders, questions, token } from './series.js';

async function stageOf(options: Record<string, string>): Promise<Stage> {
  const gateway = await GatewayProcess.start(options);
  return { gateway, close: () => gateway.kill() };
}

/** Anonymous tabs, one from each of these addresses. */
async function comeFrom({ gateway }: Stage, ...addresses: string[]): Promise<() => void> {
  const clients: RawClient[] = [];
  for (const address of addresses)
    clients.push(await RawClient.connect(gateway.publicPort, { headers: { 'X-Forwarded-For': address } }));
  return () => {
    for (const client of clients) client.vanish();
  };
}

function knockFrom({ gateway }: Stage, address: string): Promise<unknown> {
  return refusedHandshake(gateway.publicPort, { headers: { 'X-Forwarded-For': address } });
}

const open = async ({ gateway }: Stage, grant?: Parameters<typeof tokenFor>[1]) =>
  TestTab.open(gateway.socketUrl, { token: await tokenFor('ann', grant) });

/** Frames of one tab, the last of which is one too many. */
async function tooMany(
  stage: Stage,
  count: number,
  action: string,
  details: unknown[],
): Promise<() => unknown> {
  const tab = await open(stage, { join: ['*'] });
  for (let sent = 0; sent < count; sent++) tab.send(action, details);
  await tab.next(`${action}:error`);
  return () => tab.close();
}

const limits = scene(
  'limits',
  () =>
    stageOf({
      ...{ ANONYMOUS: 'true', TRUSTED_PROXIES: '127.0.0.0/8', MAX_TABS: '3', MAX_TABS_PER_ADDRESS: '2' },
      ...{ TAB_MESSAGES_PER_SECOND: '1', TAB_BYTES_PER_SECOND: '1000', MAX_GROUPS: '2' },
      ...{ MAX_TABS_PER_USER: '1' },
    }),
  [
    [
      { [limit('address')]: 1, [handshake('address')]: 1, [handshake('accepted')]: 2 },
      async (stage) => {
        const leave = await comeFrom(stage, '192.0.2.1', '192.0.2.1');
        await knockFrom(stage, '192.0.2.1');
        return leave;
      },
    ],
    [
      { [limit('capacity')]: 1, [handshake('capacity')]: 1, [handshake('accepted')]: 3 },
      async (stage) => {
        const leave = await comeFrom(stage, '192.0.2.1', '192.0.2.2', '192.0.2.3');
        await knockFrom(stage, '192.0.2.4');
        return leave;
      },
    ],
    [{ [limit('messages')]: 1 }, (stage) => tooMany(stage, 5, 'x', [])],
    [{ [limit('bytes')]: 1 }, (stage) => tooMany(stage, 2, 'x', ['x'.repeat(5000)])],
    [
      { [limit('groups')]: 1, [closed('token-refused')]: 1 },
      async ({ gateway }) => {
        const greedy = await tokenFor('ann', { groups: ['a', 'b', 'c'] });
        await TestTab.connect(gateway.socketUrl, { token: greedy }).closed;
      },
    ],
    [
      {
        ...{ [limit('user-tabs')]: 1, [closed('too-many-tabs')]: 1 },
        ...{ [orders('seat')]: 2, [orders('answer')]: 2, [questions('complete')]: 2 },
      },
      async (stage) => {
        const tab = await open(stage);
        await TestTab.connect(stage.gateway.socketUrl, { token: await tokenFor('ann') }).closed;
        return () => tab.close();
      },
    ],
    [
      { [limit('messages')]: 1000, [closed('rate-limit')]: 1 },
      async (stage) => {
        const tab = await open(stage);
        for (let sent = 0; sent < 5; sent++) tab.send('x');
        await tab.next('x:error');
        for (let sent = 0; sent < 1100; sent++) tab.send('x');
        await tab.closed;
      },
    ],
  ],
);

const turns = scene(
  'handshakes one after the other',
  () => stageOf({ HANDSHAKE_RATE: '1', HANDSHAKE_BURST: '1' }),
  [
    [
      { [limit('handshake-rate')]: 1, [handshake('handshake-rate')]: 1, [handshake('accepted')]: 1 },
      async ({ gateway }) => {
        for (let knocks = 0; knocks < 2; knocks++) await refusedHandshake(gateway.publicPort, {});
      },
    ],
  ],
);

const others = scene(
  'a limit of joins, and one tab per user',
  () => stageOf({ TAB_JOINS_PER_SECOND: '1', MAX_TABS_PER_USER: '1', MAX_TABS_POLICY: 'close-oldest' }),
  [
    [{ [limit('joins')]: 1 }, (stage) => tooMany(stage, 5, 'sys/join', ['blue'])],
    [
      {
        ...{ [closed('replaced')]: 1, [limit('user-tabs')]: 1 },
        ...{ [orders('seat')]: 2, [orders('answer')]: 2, [orders('close')]: 1 },
      },
      async (stage) => {
        const [oldest, newest] = [await open(stage), await open(stage)];
        await oldest.closed;
        return () => newest.close();
      },
    ],
  ],
);

const keyless = scene('an issuer that has no keys', async () => {
  const issuer = await KeySetServer.start();
  issuer.behaviour = 'error';
  const gateway = await GatewayProcess.start({ TOKEN_SECRETS: '', TOKEN_JWKS_URL: issuer.url });
  const pair = keyPair('RSA');
  const shown = await sign(pair.privateKey, 'RS256', {
    sub: 'ann',
    exp: Math.floor(Date.now() / 1000) + 600,
  });
  const close = async () => {
    await gateway.kill();
    await issuer.close();
  };
  return { gateway, close, shown };
}, [
  [
    { [token('keys-unavailable')]: 1, [handshake('unavailable')]: 1 },
    async ({ gateway, shown }) => {
      const headers = { Authorization: `Bearer ${shown}` };
      await refusedHandshake(gateway.publicPort, { headers });
    },
  ],
  [
    { [token('keys-unavailable')]: 1, [closed('unavailable')]: 1 },
    async ({ gateway, shown }) => {
      const tab = TestTab.connect(gateway.socketUrl);
      await once(tab.socket, 'open');
      tab.send('sys/auth', [shown]);
      await tab.closed;
    },
  ],
]);

const keyed = scene('a gateway whose issuer has a key pair', async () => {
  const pair = keyPair('RSA');
  const issuer = await KeySetServer.start(pair.jwk());
  const gateway = await GatewayProcess.start({ TOKEN_SECRETS: '', TOKEN_JWKS_URL: issuer.url });
  const exp = Math.floor(Date.now() / 1000) + 600;
  const shown = await sign(pair.privateKey, 'RS256', { sub: 'ann', exp });
  const close = async () => {
    await gateway.kill();
    await issuer.close();
  };
  return { gateway, close, shown };
}, [
  [
    { [cache('hit')]: 2, [cache('miss')]: 1, [token('accepted')]: 3 },
    async ({ gateway, shown }) => {
      const headers = { Authorization: `Bearer ${shown}` };
      for (let times = 0; times < 3; times++) await refusedHandshake(gateway.publicPort, { headers });
    },
  ],
]);

const reloaded = scene('a gateway with other options than before', async () => {
  const configured = await ConfiguredGateway.make({ 'max-tabs': 10 });
  await configured.start();
  return { configured, gateway: configured.gateway, close: () => configured.close() };
}, [[{ tabcast_tabs_capacity: 5 }, ({ configured }) => configured.reload({ 'max-tabs': 15 })]]);

export const limitScenes = [limits, turns, others, keyless, keyed, reloaded];
