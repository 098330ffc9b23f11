import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { consoleRoutes } from '../../src/http/console.js';
import { operations } from '../../src/http/operations.js';
import { type Cable, layCable } from '../support/cable.js';
import { certificate } from '../support/certificate.js';
import { ConfiguredGateway } from '../support/configured.js';
import { GatewayProcess, type LogLine } from '../support/gateway.js';
import { HostileBackend } from '../support/hostile-backend.js';
import { KeySetServer } from '../support/key-set-server.js';
import { refusedHandshake } from '../support/raw-client.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { assertNone, canaries, login, secretValues, webhookSecret } from '../support/secret-values.js';
import { TestTab } from '../support/tab.js';
import { keyPair, sign } from '../support/tokens.js';
import { until } from '../support/until.js';

/**
 * Gateways go through a bad day, and everything that they print or answer is searched for everything that they know:
 * each secret of their configuration, tokens, and payloads.
 */

describe('a gateway that does not come to start', { timeout: 30_000 }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.close());

  test('because of its password for Redis', async () => {
    const url = `redis://${login('the wrong password')}@127.0.0.1:${redis.port}`;
    const gateway = GatewayProcess.launch({ LOG_LEVEL: 'trace', REDIS_URL: url });
    assert.equal(await gateway.exited(), 1);
    assert.match(gateway.errors, /password/);
    assertNone('what it said', JSON.stringify(gateway.log) + gateway.errors);
  });

  test('because of its password for Sentinels', async () => {
    const gateway = GatewayProcess.launch({
      LOG_LEVEL: 'trace',
      // Is no Sentinel, and has no password.
      REDIS_URL: `redis+sentinel://${login('a password')}@127.0.0.1:${redis.port}/master`,
      REDIS_SENTINEL_PASSWORD: canaries.hatch('the password of the Sentinels'),
    });
    await gateway.line(({ msg, reason }) => msg === 'trouble with Redis' && /sentinels/.test(String(reason)));
    await gateway.kill('SIGTERM');
    assertNone('what it said', JSON.stringify(gateway.log) + gateway.errors);
  });
});

describe('a gateway on a bad day', { timeout: 60_000 }, () => {
  const password = canaries.hatch('the Redis password');
  const secret = canaries.hatch('the token secret');
  const key = canaries.hatch('the API key', '-');
  const payload = canaries.hatch('a payload');
  const heard: string[] = [];
  let redis: RedisServer;
  let cable: Cable;
  let backend: HostileBackend;
  let issuer: KeySetServer;
  let configured: ConfiguredGateway;
  let gateway: GatewayProcess;
  let tab: TestTab;

  before(async () => {
    redis = await startRedis();
    await redis.cli('ACL', 'SETUSER', 'shop', 'on', `>${password}`, '~*', '&*', '+@all');
    [cable, backend, issuer] = await Promise.all([
      layCable(redis.port),
      HostileBackend.start(),
      KeySetServer.start(keyPair('P-256').jwk({ kid: 'a' })),
    ]);
    backend.behaviour = 'as-named';
    issuer.behaviour = 'error';
    configured = await ConfiguredGateway.make({
      'log-level': 'trace',
      'redis-url': `redis://shop:${encodeURIComponent(password)}@127.0.0.1:${cable.port}`,
      'token-secrets': [secret],
      'token-jwks-url': issuer.url,
      'api-keys': [key],
      'webhook-url': backend.url,
      'webhook-secrets': [webhookSecret('the webhook secret')],
      'webhook-events': ['action', 'disconnect', 'online', 'offline'],
      'webhook-private-networks': true,
      'webhook-timeout': 500,
      'redis-timeout': 300,
      'redis-probe-interval': 200,
    });
    await configured.start();
    gateway = configured.gateway;
    tab = await TestTab.open(gateway.socketUrl, { token: await tokenOf('ann') });
  });
  after(async () => {
    tab.socket.terminate();
    await configured.close();
    await Promise.all([cable.close(), backend.close(), issuer.close(), redis.close()]);
  });

  async function tokenOf(user: string, signing: Parameters<typeof sign>[0] = secret, alg = 'HS256') {
    const exp = Math.floor(Date.now() / 1000) + 600;
    return canaries.plant('a token', await sign(signing, alg, { sub: user, exp }));
  }

  /** Asks, and keeps the answer for the search. */
  async function ask(path: string, bearer: string, init: RequestInit = {}): Promise<number> {
    const headers = { authorization: `Bearer ${bearer}` };
    const answer = await gateway.api(path, { ...init, headers });
    heard.push(JSON.stringify([...answer.headers]), await answer.text());
    return answer.status;
  }

  const send = (bearer = key, more: object = {}) =>
    ask('/v1/send', bearer, {
      method: 'POST',
      body: JSON.stringify({ to: { user: 'ann' }, action: 'x', details: [payload], ...more }),
    });
  const said = (words: RegExp, from: number) => (line: LogLine) =>
    gateway.log.indexOf(line) >= from && words.test(line.msg);

  test('Redis goes, and comes back', async () => {
    const from = gateway.log.length;
    cable.cut();
    await gateway.line(said(/^degraded/, from));
    assert.equal(await send(), 503);
    assert.equal(await ask('/readyz', ''), 200);
    cable.heal();
    await gateway.line(said(/no longer degraded/, from));
  });

  test('Redis takes the password no more, and does again', async () => {
    const from = gateway.log.length;
    await redis.cli('ACL', 'SETUSER', 'shop', 'resetpass', '>another');
    await redis.cutOff();
    await gateway.line(said(/trouble with Redis/, from));
    await gateway.line(said(/^degraded/, from));
    await redis.cli('ACL', 'SETUSER', 'shop', 'resetpass', `>${password}`);
    await gateway.line(said(/no longer degraded/, from));
  });

  test('Redis refuses commands, and what is there is of another type', async () => {
    assert.equal(await send(), 200);
    const [history] = ((await redis.cli('KEYS', '*user:ann*')) as string[]).toSorted();
    await redis.cli('DEL', history!);
    await redis.cli('SADD', history!, payload);
    await send();
    await redis.cli('ACL', 'SETUSER', 'shop', '-eval', '-evalsha', '-publish');
    assert.equal(await send(), 503);
    assert.equal(await send(key, { history: false }), 503);
    await redis.cli('ACL', 'SETUSER', 'shop', '+@all');
    await redis.cli('DEL', history!);
    await until('sends to pass', async () => (await send()) === 200);
  });

  test('tokens are refused, and key sets cannot be had', async () => {
    const rsa = keyPair('RSA');
    const tokens = [
      await tokenOf('ann', canaries.hatch('a wrong secret')),
      await tokenOf('ann', rsa.privateKey, 'RS256'),
      canaries.hatch('a token', '.'),
    ];
    for (const token of tokens) {
      const headers = { Authorization: `Bearer ${token}`, Cookie: `jwt=${token}` };
      const answer = await refusedHandshake(gateway.publicPort, { path: `/ws?token=${token}`, headers });
      heard.push(answer.head, answer.body);
      assert.ok([401, 503].includes(answer.status), answer.head);
      tab.send('sys/auth', [token]);
    }
    await until(
      'the refusals',
      () => tab.frames.filter(({ action }) => action === 'sys/auth:error').length === 3,
    );
    assert.ok(gateway.log.some(({ msg }) => /cannot be fetched/.test(msg)));
  });

  test('webhooks fail', async () => {
    for (const action of ['error', 'close', 'garbage', 'redirect', 'unauthorized', 'not-http', 'hang']) {
      tab.send(action, [payload], 1);
      await tab.next(`${action}:error`);
    }
    assert.ok(gateway.log.some(({ msg }) => msg === 'a webhook failed'));
  });

  test('backends come with wrong keys, and with right ones but nonsense', async () => {
    for (const { method, path, guarded } of Object.values(operations)) {
      const at = path.replace(/\{\w+\}/g, encodeURIComponent(payload));
      const body = method === 'POST' ? { body: `{"to": {"user": "${key}"}, "x": "${password}` } : {};
      const status = await ask(at, canaries.hatch('a wrong key', '-'), { method, ...body });
      assert.equal(status === 401, guarded, at);
      if (!path.includes('{')) await ask(at, key, { method, ...body });
    }
  });

  test('its pages are read, with a key and without', async () => {
    const heardBefore = heard.length;
    const pages = [...Object.values(operations), ...consoleRoutes()].filter(
      ({ method, path }) => method === 'GET' && path !== '/v1/history' && !path.includes('{'),
    );
    for (const { path, guarded } of pages) {
      assert.equal(await ask(path, ''), guarded ? 401 : 200, path);
      assert.equal(await ask(path, key), 200, path);
    }
    assert.equal(heard.length - heardBefore, pages.length * 4);
  });

  test('its configuration changes, rightly and wrongly, secrets above all', async () => {
    issuer.behaviour = 'ok';
    await configured.reload({ 'token-secrets': [canaries.hatch('a new secret'), secret] });
    await configured.reload({ 'api-keys': [canaries.hatch('a new key', '-'), key] });
    await configured.reload(
      {
        'webhook-secrets': [webhookSecret('a new webhook secret')],
        'redis-url': `redis://${login('a new Redis URL')}@127.0.0.1`,
      },
      2,
    );
    const good = JSON.parse(configured.with({}));
    for (const [name, { bad }] of Object.entries(secretValues)) {
      if (bad === '') continue;
      const isList = Array.isArray(good[name]);
      const [line] = await configured.reloadFrom(JSON.stringify({ ...good, [name]: isList ? [bad] : bad }));
      assert.equal(line!.msg, 'not reloaded');
      assert.match(String(line!['problem']), new RegExp(name));
    }
    await configured.reloadFrom(`{"token-secrets": ["${secret}`);
  });

  test('its arguments, which all users of the machine can see, have none', async () => {
    const shown = await readFile(`/proc/${gateway.pid}/cmdline`, 'utf8');
    assert.match(shown, /tabcast/);
    assertNone('ps', shown);
  });

  test('it leaves, and nothing that it printed or answered has any of all that', async () => {
    await gateway.kill('SIGTERM');
    await until('the last line', () => gateway.log.some(({ msg }) => msg === 'stopping'));
    heard.push(...tab.frames.filter(({ action }) => action !== 'x').map((frame) => JSON.stringify(frame)));
    assert.ok(gateway.log.length > 10 && heard.length > 50);
    assertNone('the log', gateway.log.map((line) => JSON.stringify(line)).join('\n') + gateway.errors);
    for (const text of heard) assertNone('an answer', text);
  });
});

test('a gateway that crashes tells no more', { timeout: 30_000 }, async () => {
  const configured = await ConfiguredGateway.make({ 'log-level': 'trace' });
  try {
    const pair = keyPair('P-256');
    const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await configured.start({
      TOKEN_SECRETS: canaries.hatch('the token secret'),
      API_KEYS: canaries.hatch('the API key', '-'),
      HANDLERS: fileURLToPath(new URL('../support/application.js', import.meta.url)),
      TLS_CERT_FILE: await configured.write('cert.pem', certificate(pair)),
      TLS_KEY_FILE: await configured.write('key.pem', canaries.plant('the private key', privateKey)),
      ANONYMOUS: 'true',
    });
    const { gateway } = configured;
    const url = gateway.socketUrl.replace('ws:', 'wss:');
    const tab = await TestTab.open(url, { rejectUnauthorized: false });
    tab.send('crash', [canaries.hatch('a payload')]);
    assert.equal(await gateway.exited(), 1);
    await tab.closed;
    assert.ok(gateway.log.some(({ msg }) => msg === 'crashed'));
    assertNone('the log', JSON.stringify(gateway.log) + gateway.errors);
  } finally {
    await configured.close();
  }
});
