import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import type { JWK } from 'jose';
import { ConfiguredGateway } from '../support/configured.js';
import { apiKey, secret } from '../support/gateway.js';
import { KeySetServer } from '../support/key-set-server.js';
import { refusedHandshake } from '../support/raw-client.js';
import { startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { keyPair, sign } from '../support/tokens.js';
import { until } from '../support/until.js';

/** SIGHUP: what may change while a gateway runs does, and the tab that is there all the time notices nothing. */

const exp = () => Math.floor(Date.now() / 1000) + 600;
const signedBy = (key: KeyObject | string, claims: object = {}) =>
  sign(key, typeof key === 'string' ? 'HS256' : 'ES256', { sub: 'ann', exp: exp(), ...claims });

describe('reload', { timeout: 30_000 }, () => {
  const pairs = [keyPair('P-256'), keyPair('P-256')] as const;
  let configured: ConfiguredGateway;
  let keyFile: string;
  let witness: TestTab;
  let sends = 0;

  before(async () => {
    configured = await ConfiguredGateway.make({ 'tab-messages-per-second': 0, 'max-groups': 2 });
    keyFile = await configured.write('key.pem', pairs[0].pem);
    await configured.start({ TOKEN_KEY_FILES: keyFile });
    const token = await signedBy(secret, { sub: 'witness', join: ['*'] });
    witness = await TestTab.open(configured.gateway.socketUrl, { token });
  });
  afterEach(async () => {
    const action = `still there ${sends++}`;
    assert.equal((await send(apiKey, action)).status, 200);
    await witness.next(action);
  });
  after(async () => {
    witness.socket.terminate();
    await configured.close();
  });

  const send = (key: string, action = 'x') =>
    configured.gateway.send({ to: { user: 'witness' }, action }, { authorization: `Bearer ${key}` });

  /** The status that answers a handshake; 101 for one that succeeds. */
  async function handshake(headers: Record<string, string>): Promise<number> {
    return (await refusedHandshake(configured.gateway.publicPort, { headers })).status;
  }
  const bearing = (token: string) => handshake({ Authorization: `Bearer ${token}` });
  const from = async (origin: string) =>
    handshake({ Origin: origin, Authorization: `Bearer ${await signedBy(secret)}` });

  test('a key file has another key in it', async () => {
    const tokens = await Promise.all(pairs.map(({ privateKey }) => signedBy(privateKey)));
    assert.deepEqual(await Promise.all(tokens.map(bearing)), [101, 401]);
    await configured.write('key.pem', pairs[1].pem);
    const [line] = await configured.reload();
    assert.deepEqual(line!['changed'], ['token-key-files']);
    assert.deepEqual(await Promise.all(tokens.map(bearing)), [401, 101], 'what was remembered is forgotten');
  });

  test('a secret is added, and the old one taken away later', async () => {
    const other = 'another secret that is long enough for HS256';
    const tokens = await Promise.all([secret, other].map((key) => signedBy(key)));
    await configured.reload({ 'token-secrets': [secret, other] });
    assert.deepEqual(await Promise.all(tokens.map(bearing)), [101, 101]);
    const [line] = await configured.reload({ 'token-secrets': [other] });
    assert.deepEqual(await Promise.all(tokens.map(bearing)), [401, 101]);
    assert.doesNotMatch(JSON.stringify(line), /another secret/);
    await configured.reload({ 'token-secrets': [secret] });
  });

  test('an API key is added, and taken away', async () => {
    const other = 'another-api-key-long-enough-for-production';
    assert.equal((await send(other)).status, 401);
    await configured.reload({ 'api-keys': [apiKey, other] });
    assert.equal((await send(other)).status, 200);
    await configured.reload({ 'api-keys': [apiKey] });
    assert.equal((await send(other)).status, 401);
  });

  test('an origin is added', async () => {
    const others = ['https://app.example', 'https://new.example'];
    assert.deepEqual(await Promise.all(others.map(from)), [101, 403]);
    await configured.reload({ origins: others });
    assert.deepEqual(await Promise.all(others.map(from)), [101, 101]);
  });

  test('limits of the tabs that are there', async () => {
    for (const group of ['a', 'b', 'c']) witness.send('sys/join', [group]);
    assert.equal((await witness.next('sys/join:error')).details[0], 403);
    await configured.reload({ 'max-groups': 3, 'tab-messages-per-second': 1 });
    witness.send('sys/join', ['c']);
    const isIn = (group: string) =>
      witness.frames.some(({ action, details }) => action === 'sys/join' && details[0] === group);
    await until('the third group', () => isIn('c'));
    for (let n = 0; n < 4; n++) witness.send('too/often');
    const refusals = () => witness.frames.filter(({ action }) => action === 'too/often:error');
    await until('a refusal', () => refusals().some(({ details }) => details[0] === 429));
    await configured.reload({ 'tab-messages-per-second': 1000 });
    witness.send('in/peace');
    assert.equal((await witness.next('in/peace:error')).details[0], 404);
    await configured.reload({ 'tab-messages-per-second': 0 });
  });

  test('handshakes that may pass in a second', async () => {
    await configured.reload({ 'handshake-rate': 1, 'handshake-burst': 1 });
    const token = await signedBy(secret);
    assert.deepEqual([await bearing(token), await bearing(token)], [101, 503]);
    await configured.reload({ 'handshake-rate': 0 });
    assert.deepEqual([await bearing(token), await bearing(token)], [101, 101]);
  });

  test('the log level, which tells of itself in the more talkative of both levels', async () => {
    const [quieter] = await configured.reload({ 'log-level': 'error' });
    assert.deepEqual(quieter!['changed'], ['log-level']);
    const { log, pid } = configured.gateway;
    const [from, other] = [log.length, 'another-api-key-long-enough-for-production'];
    await configured.write('tabcast.json', configured.with({ 'api-keys': [apiKey, other] }));
    process.kill(pid, 'SIGHUP');
    await until('the other key to count', async () => (await send(other)).status === 200);
    await configured.reload({ 'log-level': 'info', 'api-keys': [apiKey] });
    assert.deepEqual(
      log.slice(from).map(({ changed }) => changed),
      [['log-level', 'api-keys']],
      'said nothing in between',
    );
  });

  test('what wants a restart is named, and stays as it was', async () => {
    const [reloaded, warning] = await configured.reload({ 'max-payload': 16_384 }, 2);
    assert.deepEqual(reloaded!['changed'], []);
    assert.deepEqual(warning!['options'], ['max-payload']);
    witness.send('long', ['x'.repeat(20_000)]);
    assert.equal((await witness.next('long:error')).details[0], 404);
    await configured.reload({ 'max-payload': 65_536 });
  });

  test('a token secret, while the issuer of the key set is away', async (t) => {
    const { pem, privateKey } = keyPair('P-256');
    const issuer = await KeySetServer.start(createPublicKey(pem).export({ format: 'jwk' }) as JWK);
    t.after(() => issuer.close());
    const other = 'another secret that is long enough for HS256';
    const tokens = await Promise.all([secret, other, privateKey].map((key) => signedBy(key)));
    await configured.reload({ 'token-jwks-url': issuer.url });
    issuer.behaviour = 'error';
    const [line] = await configured.reload({ 'token-secrets': [other] });
    assert.deepEqual(line!['changed'], ['token-secrets']);
    assert.deepEqual(await Promise.all(tokens.map(bearing)), [401, 101, 101]);
    await configured.reload({ 'token-jwks-url': '', 'token-secrets': [secret] });
    assert.deepEqual(await Promise.all(tokens.map(bearing)), [101, 401, 401]);
  });

  describe('whatever is wrong, everything stays as it was, and each problem is told:', () => {
    const problems = (lines: { [member: string]: unknown }[]) => lines.map((line) => String(line['problem']));

    async function expectAsBefore(): Promise<void> {
      assert.equal((await send(apiKey)).status, 200);
      assert.equal(await bearing(await signedBy(secret)), 101);
      assert.equal(await from('https://evil.example'), 403);
    }

    test('two options of which one is a secret', async () => {
      const broken = { 'token-secrets': ['short'], 'max-payload': 1, origins: ['https://evil.example'] };
      const lines = problems(await configured.reloadFrom(JSON.stringify(broken), 3));
      const text = lines.join('\n');
      assert.match(text, /key "token-secrets", item 1: expected a secret of at least 32 bytes, given \*\*\*/);
      assert.match(text, /key "max-payload": expected an integer/);
      assert.match(text, /api-keys: expected at least one key in production/);
      await expectAsBefore();
    });

    test('a file that is no JSON', async () => {
      const [line] = problems(await configured.reloadFrom('{'));
      assert.match(line!, /expected a JSON object, given a file that is not JSON/);
      await expectAsBefore();
    });

    test('a key file with something else in it', async () => {
      await configured.write('key.pem', 'no key');
      const [line] = problems(await configured.reload({ origins: ['https://evil.example'] }));
      assert.match(line!, /token-key-files\[0\]: expected a PEM public key/);
      await expectAsBefore();
      await configured.write('key.pem', pairs[1].pem);
      await configured.reload({ origins: ['https://app.example'] });
    });

    test('a key set that cannot be fetched', async () => {
      const [line] = problems(
        await configured.reload({
          'token-jwks-url': 'http://127.0.0.1:9/keys',
          origins: ['https://evil.example'],
        }),
      );
      assert.match(line!, /token-jwks-url: the key set cannot be fetched/);
      await expectAsBefore();
      await configured.reload({ 'token-jwks-url': '', origins: ['https://app.example'] });
    });

    test('more tabs than the open files allow', async () => {
      const [line] = problems(
        await configured.reload({ 'max-tabs': 10_000_000, origins: ['https://evil.example'] }),
      );
      assert.match(line!, /max-tabs: 10000000 tabs need 10000512 open files/);
      await expectAsBefore();
      await configured.reload({ 'max-tabs': 0, origins: ['https://app.example'] });
    });
  });
});

test('reload of a token secret where the key set has never been there', { timeout: 30_000 }, async (t) => {
  const configured = await ConfiguredGateway.make({ 'token-jwks-url': 'http://127.0.0.1:9/keys' });
  t.after(() => configured.close());
  await configured.start();
  const [line] = await configured.reload({
    'token-secrets': ['another secret that is long enough for HS256'],
  });
  assert.deepEqual(line!['changed'], ['token-secrets']);
});

test('SIGHUP while the application is still being loaded is kept until the gateway listens', {
  timeout: 30_000,
}, async () => {
  const configured = await ConfiguredGateway.make();
  const handlers = await configured.write(
    'application.mjs',
    "process.kill(process.pid, 'SIGHUP'); export default () => {};",
  );
  await configured.start({ HANDLERS: handlers });
  await configured.gateway.line(({ msg }) => msg === 'reloaded');
  await configured.close();
});

test('workers reload together, and a later one begins with what is in force', {
  timeout: 30_000,
}, async () => {
  const redis = await startRedis();
  const configured = await ConfiguredGateway.make({ 'redis-url': redis.url });
  try {
    await configured.start({ WORKERS: '2' });
    const { gateway } = configured;
    const changes = { origins: ['https://new.example'], 'redis-url': 'redis://127.0.0.1:9' };
    const lines = await configured.reload(changes, 4);
    assert.deepEqual(lines.map(({ worker }) => worker).toSorted(), [1, 1, 2, 2]);
    const pid = Number(gateway.log.find(({ msg }) => msg === 'worker started')!['pid']);
    process.kill(pid, 'SIGKILL');
    const listening = () => gateway.log.filter(({ msg }) => msg === 'listening');
    await gateway.line(() => listening().length === 3);
    const headers = { Origin: 'https://new.example', Authorization: `Bearer ${await tokenFor('ann')}` };
    for (let n = 0; n < 10; n++)
      assert.equal((await refusedHandshake(gateway.publicPort, { headers })).status, 101);
  } finally {
    await configured.close();
    await redis.close();
  }
});
