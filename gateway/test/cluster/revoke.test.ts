import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Cable, layCable } from '../support/cable.js';
import { GatewayProcess, secret } from '../support/gateway.js';
import { KeySetServer } from '../support/key-set-server.js';
import { refusedHandshake } from '../support/raw-client.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab } from '../support/tab.js';
import { keyPair, sign } from '../support/tokens.js';
import { until } from '../support/until.js';

/**
 * Tokens that are taken back: living tabs on every gateway, later connections, refreshes; gateways that were cut off when
 * it happened, that start later, and a Redis that has forgotten. Two gateways, one of them behind a cable.
 */

const revoked = { code: 4403, reason: 'revoked' };
const aMinuteAgo = () => Math.floor(Date.now() / 1000) - 60;
const inAMoment = () => Math.floor(Date.now() / 1000) + 2;

/** Signs a token that was issued a minute ago unless it says otherwise. */
function tokenOf(user: string, claims: { sid?: string; jti?: string; iat?: number | undefined } = {}) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return sign(secret, 'HS256', { sub: user, iat: aMinuteAgo(), exp, ...claims });
}

describe('revoking', () => {
  const pair = keyPair('P-256');
  let issuer: KeySetServer;
  let redis: RedisServer;
  let cable: Cable;
  let here: GatewayProcess;
  let there: GatewayProcess;

  before(async () => {
    redis = await startRedis();
    cable = await layCable(redis.port);
    issuer = await KeySetServer.start(pair.jwk());
    const options = { REDIS_TIMEOUT: '500', REDIS_PROBE_INTERVAL: '200', TOKEN_JWKS_URL: issuer.url };
    here = await GatewayProcess.start({ ...options, REDIS_URL: redis.url });
    there = await GatewayProcess.start({ ...options, REDIS_URL: `redis://127.0.0.1:${cable.port}` });
  });

  after(async () => {
    for (const gateway of [here, there]) await gateway.kill();
    await cable.close();
    await redis.close();
    await issuer.close();
  });

  const open = (gateway: GatewayProcess, token: string) => TestTab.open(gateway.socketUrl, { token });
  const post = (body: object, gateway = here) =>
    gateway.api('/v1/revoke', { method: 'POST', body: JSON.stringify(body) });

  async function revoke(body: object): Promise<Record<string, unknown>> {
    const answer = await post(body);
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Whether a handshake with this token is refused as revoked. */
  async function isRefused(gateway: GatewayProcess, token: string): Promise<boolean> {
    const handshake = { headers: { Authorization: `Bearer ${token}` } };
    const { status, body } = await refusedHandshake(gateway.publicPort, handshake);
    return status === 401 && body === 'the token was revoked\n';
  }

  async function expectAlive(...tabs: TestTab[]): Promise<void> {
    for (const tab of tabs) {
      await here.send({ to: { connection: tab.connection }, action: 'alive' });
      await tab.next('alive');
    }
  }

  test('a user: living tabs on both gateways, later connections, first tokens and refreshes', async () => {
    const [old, fresh, bobs] = [
      await tokenOf('ann'),
      await tokenOf('ann', { iat: inAMoment() }),
      await tokenOf('bob'),
    ];
    const silent = await tokenOf('ann', { iat: undefined });
    const doomed = [await open(here, old), await open(there, old), await open(there, silent)];
    const spared = [await open(here, fresh), await open(there, fresh), await open(there, bobs)];

    const before = Date.now();
    const answer = await revoke({ user: 'ann' });
    assert.deepEqual(Object.keys(answer).toSorted(), ['before', 'gateways', 'session', 'until', 'user']);
    assert.deepEqual([answer['user'], answer['session'], answer['gateways']], ['ann', null, 2]);
    assert.ok((answer['before'] as number) >= before && (answer['before'] as number) <= Date.now());
    assert.equal((answer['until'] as number) - (answer['before'] as number), 86_400_000);

    for (const tab of doomed) assert.deepEqual(await tab.closed, revoked);
    await expectAlive(...spared);
    for (const gateway of [here, there]) {
      for (const token of [old, silent]) assert.equal(await isRefused(gateway, token), true);
      const late = TestTab.connect(gateway.socketUrl);
      late.socket.on('open', () => late.send('sys/auth', [old], 1));
      assert.deepEqual((await late.next('sys/auth:error')).details, [401, 'the token was revoked']);
      assert.deepEqual(await late.closed, revoked);
      await (await open(gateway, fresh)).close();
    }
    for (const tab of spared.slice(0, 2)) {
      tab.send('sys/auth', [old], 2);
      const { details, re } = await tab.next('sys/auth:error');
      assert.deepEqual([details, re], [[401, 'the token was revoked'], 2]);
    }
    await expectAlive(...spared);
    for (const tab of spared) await tab.close();
  });

  test('one login of a user', async () => {
    const [home, work] = [await tokenOf('cid', { sid: 'home' }), await tokenOf('cid', { sid: 'work' })];
    const tabs = { home: await open(there, home), work: await open(there, work) };
    await revoke({ user: 'cid', session: 'home' });
    assert.deepEqual(await tabs.home.closed, revoked);
    assert.deepEqual([await isRefused(here, home), await isRefused(there, home)], [true, true]);
    await expectAlive(tabs.work);
    for (const gateway of [here, there]) await (await open(gateway, work)).close();
    await tabs.work.close();
  });

  test('one token, by its id', async () => {
    const [bad, good] = [await tokenOf('dan', { jti: 'dan-1' }), await tokenOf('dan', { jti: 'dan-2' })];
    const tabs = { bad: await open(there, bad), good: await open(there, good) };
    const { until, ...answer } = await revoke({ tokenId: 'dan-1', for: 3600 });
    assert.deepEqual(answer, { tokenId: 'dan-1', gateways: 2 });
    assert.ok((until as number) > Date.now() + 3_590_000 && (until as number) <= Date.now() + 3_600_000);
    assert.deepEqual(await tabs.bad.closed, revoked);
    assert.deepEqual([await isRefused(here, bad), await isRefused(there, bad)], [true, true]);
    await expectAlive(tabs.good);
    await tabs.good.close();
  });

  test('only tokens made before a moment, to the second', async () => {
    const moment = aMinuteAgo() - 100;
    const [old, fresh] = [await tokenOf('eve', { iat: moment }), await tokenOf('eve', { iat: moment + 1 })];
    const tabs = { old: await open(there, old), fresh: await open(there, fresh) };
    await revoke({ user: 'eve', before: moment * 1000 });
    assert.deepEqual(await tabs.old.closed, revoked);
    await expectAlive(tabs.fresh);
    assert.deepEqual([await isRefused(here, old), await isRefused(here, fresh)], [true, false]);
    await tabs.fresh.close();
  });

  test('what was to be remembered for a moment counts again after it', async () => {
    const token = await tokenOf('fay');
    await revoke({ user: 'fay', for: 1 });
    assert.equal(await isRefused(there, token), true);
    await until('the revocation to end', async () => !(await isRefused(there, token)));
  });

  test('a gateway that was cut off, and one that starts later', async () => {
    const token = await tokenOf('gus');
    const tab = await open(there, token);
    cable.cut();
    await until('the gateway to notice', async () => (await there.metric('tabcast_broker_live')) === 0);
    assert.equal((await revoke({ user: 'gus' }))['gateways'], 1);
    assert.equal(await isRefused(here, token), true);
    assert.equal((await post({ user: 'gus' }, there)).status, 503);
    cable.heal();
    assert.deepEqual(await tab.closed, revoked);
    assert.equal(await isRefused(there, token), true);

    const late = await GatewayProcess.start({ REDIS_URL: redis.url });
    assert.equal(await isRefused(late, token), true);
    await late.kill();
  });

  test('who was let in by the backend is put out, also while it is being asked; the next time it decides anew', async (t) => {
    const asked: ServerResponse[] = [];
    const backend = createServer((_request, response) => asked.push(response)).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const gateway = await GatewayProcess.start({
      REDIS_URL: redis.url,
      WEBHOOK_URL: `http://127.0.0.1:${(backend.address() as AddressInfo).port}/`,
      WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      WEBHOOK_EVENTS: 'connect',
      WEBHOOK_PRIVATE_NETWORKS: 'true',
    });
    t.after(async () => {
      await gateway.kill();
      backend.closeAllConnections();
      backend.close();
    });
    const knock = async () => {
      const tab = TestTab.connect(gateway.socketUrl);
      await until('the backend to be asked', () => asked.length > 0);
      const answer = () => asked.pop()!.end(JSON.stringify({ user: 'kim', session: 'php' }));
      return { tab, answer };
    };

    const first = await knock();
    first.answer();
    assert.equal((await first.tab.welcome()).user, 'kim');
    const second = await knock();
    await revoke({ user: 'kim', session: 'php' });
    assert.deepEqual(await first.tab.closed, revoked);
    second.answer();
    assert.deepEqual(await second.tab.closed, revoked);
    assert.deepEqual(second.tab.frames, []);
    const third = await knock();
    third.answer();
    await third.tab.welcome();
    await third.tab.close();
  });

  test('a Redis that has forgotten is reminded', async () => {
    const tokens = [await tokenOf('hal'), await tokenOf('ida', { jti: 'ida-1' })];
    await revoke({ user: 'hal' });
    await revoke({ tokenId: 'ida-1' });
    await redis.cli('FLUSHALL');
    await until('the revocations to be back', async () => {
      const back = String(await redis.cli('ZRANGE', 'tabcast:{registry}:revocations', '0', '-1'));
      return back.includes('hal') && back.includes('ida-1');
    });
    const late = await GatewayProcess.start({ REDIS_URL: redis.url });
    for (const token of tokens) assert.equal(await isRefused(late, token), true);
    await late.kill();
  });

  test('all of this was counted, and what was remembered of a token did not shield it', async () => {
    // Only what a key pair has signed is remembered.
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = await sign(pair.privateKey, 'ES256', { sub: 'jon', iat: aMinuteAgo(), exp });
    for (let i = 0; i < 3; i++) await (await open(here, token)).close();
    const [hits, refused, closed] = [
      'tabcast_token_cache_lookups_total{outcome="hit"}',
      'tabcast_tokens_total{outcome="revoked"}',
      'tabcast_tabs_closed_total{reason="revoked"}',
    ].map((name) => () => here.metric(name)) as [
      () => Promise<number>,
      () => Promise<number>,
      () => Promise<number>,
    ];
    const was = [await hits(), await refused(), await closed()];
    assert.ok(
      was.every((count) => count > 0),
      String(was),
    );
    const tab = await open(here, token);
    await revoke({ user: 'jon' });
    await tab.closed;
    assert.equal(await isRefused(here, token), true);
    assert.deepEqual(
      [await hits(), await refused(), await closed()],
      [was[0]! + 2, was[1]! + 1, was[2]! + 1],
    );
  });

  test('what is wrong with a request is said', async () => {
    const rows: [body: object, field: string][] = [
      [{}, 'user'],
      [{ user: 42 }, 'user'],
      [{ user: 'ann', session: '' }, 'session'],
      [{ user: 'ann', before: Math.floor(Date.now() / 1000) }, 'before'],
      [{ tokenId: 't', user: 'ann' }, 'user'],
      [{ user: 'ann', for: 0 }, 'for'],
      [{ user: 'ann', sessions: ['s'] }, 'sessions'],
    ];
    for (const [body, field] of rows) {
      const answer = await post(body);
      assert.deepEqual([answer.status, ((await answer.json()) as { field: string }).field], [400, field]);
    }
    assert.equal((await here.api('/v1/revoke', { method: 'POST', body: '{' })).status, 400);
  });
});
