import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { GatewayProcess, secret } from '../support/gateway.js';
import { KeySetServer } from '../support/key-set-server.js';
import { type Handshake, RawClient } from '../support/raw-client.js';
import { ShownTokens } from '../support/shown-tokens.js';
import { keyPair } from '../support/tokens.js';

/** Who a tab is, from the handshake on: every way to pass a token and which one wins, and every kind of key. */

const origin = 'https://app.example';
const secondSecret = 'another secret of the tests as during a rotation';
const pairs = { rsa: keyPair('RSA'), ec: keyPair('P-256'), ed: keyPair('Ed25519'), set: keyPair('P-384') };

describe('identity', () => {
  const tokens = new ShownTokens();
  let folder: string;
  let issuer: KeySetServer;
  /** As in production, with every kind of key. */
  let strict: GatewayProcess;
  /** Admits anonymous tabs and `?token=`. */
  let lenient: GatewayProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-keys-'));
    const files = (['rsa', 'ec', 'ed'] as const).map((name) => ({ name, path: join(folder, `${name}.pem`) }));
    for (const { name, path } of files) await writeFile(path, pairs[name].pem);
    issuer = await KeySetServer.start(pairs.set.jwk({ kid: 'first' }));
    const options = { LOG_LEVEL: 'trace', TOKEN_COOKIE: 'jwt' };
    strict = await GatewayProcess.start({
      ...options,
      TOKEN_SECRETS: `${secret},${secondSecret}`,
      TOKEN_KEY_FILES: files.map(({ path }) => path).join(','),
      TOKEN_JWKS_URL: issuer.url,
    });
    lenient = await GatewayProcess.start({ ...options, TOKEN_QUERY: 'true', ANONYMOUS: 'true' });
  });

  after(async () => {
    await Promise.all([strict, lenient].map((gateway) => gateway.kill('SIGTERM')));
    await issuer.close();
    await rm(folder, { recursive: true });
  });

  /** Whom a gateway welcomes after this handshake. */
  async function welcomed(gateway: GatewayProcess, handshake: Handshake): Promise<unknown> {
    const client = await RawClient.connect(gateway.publicPort, handshake);
    const { action, details } = await client.nextFrame();
    client.vanish();
    assert.equal(action, 'sys/welcome');
    return (details[0] as { user: unknown }).user;
  }

  const withBearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

  test('by sub-protocol, which is never echoed', async () => {
    const token = await tokens.sign('ann');
    for (const protocols of [`tabcast.v1.json, bearer.${token}`, `bearer.${token},tabcast.v1.json`]) {
      const client = await RawClient.connect(strict.publicPort, {
        headers: { 'Sec-WebSocket-Protocol': protocols },
      });
      assert.equal((await client.nextFrame()).action, 'sys/welcome');
      assert.equal(client.answer.headers.get('sec-websocket-protocol'), 'tabcast.v1.json');
      assert.ok(!client.answer.head.includes(token) && !client.answer.head.includes('bearer'));
      client.vanish();
    }
  });

  test('by Authorization, whose scheme may be written in any case', async () => {
    assert.equal(await welcomed(strict, withBearer(await tokens.sign('ann'))), 'ann');
    const headers = { Authorization: `bearer ${await tokens.sign('bob')}` };
    assert.equal(await welcomed(strict, { headers }), 'bob');
  });

  test('by a cookie among others, from a page of a permitted Origin', async () => {
    const headers = { Origin: origin, Cookie: `theme=dark; jwt=${await tokens.sign('ann')}; jwt2=x` };
    assert.equal(await welcomed(strict, { headers }), 'ann');
  });

  test('by a cookie of nearly 8 KiB', async () => {
    const groups = Array.from({ length: 45 }, (_, n) => String(n).padStart(128, 'g'));
    const token = await tokens.sign('ann', secret, 'HS256', { groups });
    assert.ok(token.length > 7800 && token.length <= 8192, `${token.length}`);
    assert.equal(await welcomed(strict, { headers: { Origin: origin, Cookie: `jwt=${token}` } }), 'ann');
  });

  test('by the query, where it is on', async () => {
    assert.equal(await welcomed(lenient, { path: `/ws?x=1&token=${await tokens.sign('ann')}` }), 'ann');
  });

  test('the query is not read where it is off: the tab still has to bring its token in a frame', async () => {
    const path = `/ws?token=${await tokens.sign('ann')}`;
    const client = await RawClient.connect(strict.publicPort, { path });
    client.send(JSON.stringify({ action: 'sys/auth', details: [await tokens.sign('bob')] }));
    const { action, details } = await client.nextFrame();
    client.vanish();
    assert.deepEqual([action, (details[0] as { user: string }).user], ['sys/welcome', 'bob']);
  });

  test('the first of sub-protocol, Authorization, query and cookie counts', async () => {
    const headers: Record<string, string> = {
      'Sec-WebSocket-Protocol': `tabcast.v1.json, bearer.${await tokens.sign('by sub-protocol')}`,
      Authorization: `Bearer ${await tokens.sign('by Authorization')}`,
      Origin: origin,
      Cookie: `jwt=${await tokens.sign('by cookie')}`,
    };
    const path = `/ws?token=${await tokens.sign('by query')}`;
    assert.equal(await welcomed(lenient, { path, headers }), 'by sub-protocol');
    headers['Sec-WebSocket-Protocol'] = 'tabcast.v1.json';
    assert.equal(await welcomed(lenient, { path, headers }), 'by Authorization');
    delete headers['Authorization'];
    assert.equal(await welcomed(lenient, { path, headers }), 'by query');
    assert.equal(await welcomed(lenient, { headers }), 'by cookie');
  });

  test('no token at all, where anonymous tabs are welcome', async () => {
    assert.equal(await welcomed(lenient, {}), null);
  });

  const keys: [string, () => Promise<string>][] = [
    ['the first of two secrets', () => tokens.sign('ann', secret)],
    ['the second of two secrets', () => tokens.sign('ann', secondSecret, 'HS512')],
    ['an RSA key in PEM', () => tokens.sign('ann', pairs.rsa.privateKey, 'RS256')],
    ['the same RSA key with PSS', () => tokens.sign('ann', pairs.rsa.privateKey, 'PS384')],
    ['an EC key in PEM', () => tokens.sign('ann', pairs.ec.privateKey, 'ES256')],
    ['an Ed25519 key in PEM', () => tokens.sign('ann', pairs.ed.privateKey, 'EdDSA')],
    ['a key of a key set', () => tokens.sign('ann', pairs.set.privateKey, 'ES384')],
  ];
  for (const [what, make] of keys)
    test(`signed with ${what}, beside all the others`, async () => {
      assert.equal(await welcomed(strict, withBearer(await make())), 'ann');
    });

  test('signed with a new key of a key set that was rotated under the running gateway', async () => {
    const next = keyPair('P-521');
    issuer.rotate(next.jwk({ kid: 'second' }));
    assert.equal(
      await welcomed(strict, withBearer(await tokens.sign('ann', next.privateKey, 'ES512'))),
      'ann',
    );
  });

  test('no token, secret or key is in any log', async () => {
    await tokens.expectUnlogged([strict, lenient]);
    assert.ok(!JSON.stringify(strict.log).includes(secondSecret));
  });
});
