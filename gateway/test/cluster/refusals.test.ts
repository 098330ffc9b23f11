import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { GatewayProcess, secret } from '../support/gateway.js';
import { KeySetServer } from '../support/key-set-server.js';
import { type Handshake, refusedHandshake } from '../support/raw-client.js';
import { ShownTokens } from '../support/shown-tokens.js';
import { keyPair } from '../support/tokens.js';

/**
 * Handshakes that a gateway refuses, with status and reason. They are written byte by byte, because neither browsers nor
 * libraries send the wrong ones.
 */

interface Row {
  readonly what: string;
  readonly ask: Handshake | (() => Promise<Handshake>);
  readonly status: number;
  readonly reason: RegExp;
  /** A header that the answer must carry, and its value. */
  readonly header?: readonly [string, string];
}

const rsa = keyPair('RSA');
const past = Math.floor(Date.now() / 1000) - 60;
const tokens = new ShownTokens();
const withBearer = (token: string): Handshake => ({ headers: { Authorization: `Bearer ${token}` } });
const signed =
  (...signing: Parameters<ShownTokens['sign']>) =>
  async () =>
    withBearer(await tokens.sign(...signing));

const none = {
  Upgrade: undefined,
  Connection: undefined,
  'Sec-WebSocket-Key': undefined,
  'Sec-WebSocket-Version': undefined,
};
const upgrade = ['upgrade', 'websocket'] as const;

const rows: Row[] = [
  { what: 'a plain GET', ask: { headers: none }, status: 426, reason: /handshake/, header: upgrade },
  { what: 'a POST', ask: { method: 'POST' }, status: 426, reason: /handshake/, header: upgrade },
  {
    what: 'no Upgrade',
    ask: { headers: { Upgrade: undefined } },
    ...{ status: 426, reason: /handshake/, header: upgrade },
  },
  {
    what: 'another Upgrade',
    ask: { headers: { Upgrade: 'h2c' } },
    ...{ status: 426, reason: /handshake/, header: upgrade },
  },
  {
    what: 'a version of before the RFC',
    ask: { headers: { 'Sec-WebSocket-Version': '8' } },
    ...{ status: 426, reason: /version 13/, header: ['sec-websocket-version', '13'] },
  },
  {
    what: 'a foreign Origin',
    ask: { headers: { Origin: 'https://evil.example' } },
    ...{ status: 403, reason: /Origin/ },
  },
  {
    what: 'a foreign Origin with a good token',
    ask: async () => {
      const { headers } = withBearer(await tokens.sign('ann'));
      return { headers: { ...headers, Origin: 'https://app.example.evil.example' } };
    },
    ...{ status: 403, reason: /Origin/ },
  },
  {
    what: 'a token in a cookie without an Origin',
    ask: async () => ({ headers: { Cookie: `jwt=${await tokens.sign('ann')}` } }),
    ...{ status: 403, reason: /cookie needs an Origin/ },
  },
  {
    what: 'a sub-protocol of somebody else',
    ask: { headers: { 'Sec-WebSocket-Protocol': 'graphql-ws' } },
    ...{ status: 400, reason: /tabcast\.v1\.json/ },
  },
  { what: 'a word for a token', ask: withBearer('nonsense'), status: 401, reason: /three parts/ },
  { what: 'what only looks like a token', ask: withBearer('a.b.c'), status: 401, reason: /JSON Web Token/ },
  {
    what: 'an empty token',
    ask: { headers: { 'Sec-WebSocket-Protocol': 'tabcast.v1.json, bearer.' } },
    ...{ status: 401, reason: /three parts/ },
  },
  { what: 'another secret', ask: signed('ann', 'x'.repeat(32)), status: 401, reason: /signature/ },
  { what: 'a public key as the secret', ask: signed('ann', rsa.pem), status: 401, reason: /signature/ },
  { what: 'an unsigned token', ask: withBearer(unsigned()), status: 401, reason: /alg/ },
  {
    what: 'an expired token',
    ask: signed('ann', secret, 'HS256', { exp: past }),
    status: 401,
    reason: /expired/,
  },
  { what: 'a token of nobody', ask: signed(''), status: 401, reason: /sub/ },
  { what: 'a token that is too long', ask: withBearer('x'.repeat(8193)), status: 413, reason: /8192/ },
];

function unsigned(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'ann', exp: past + 900 })}.`;
}

describe('refused handshakes', () => {
  let folder: string;
  let issuer: KeySetServer;
  let gateway: GatewayProcess;
  /** Has no key at all, because its issuer fails. */
  let keyless: GatewayProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-keys-'));
    await writeFile(join(folder, 'rsa.pem'), rsa.pem);
    issuer = await KeySetServer.start();
    issuer.behaviour = 'error';
    gateway = await GatewayProcess.start({
      LOG_LEVEL: 'trace',
      TOKEN_COOKIE: 'jwt',
      TOKEN_KEY_FILES: join(folder, 'rsa.pem'),
    });
    keyless = await GatewayProcess.start({
      LOG_LEVEL: 'trace',
      TOKEN_SECRETS: '',
      TOKEN_JWKS_URL: issuer.url,
    });
  });

  after(async () => {
    await Promise.all([gateway, keyless].map((one) => one.kill('SIGTERM')));
    await issuer.close();
    await rm(folder, { recursive: true });
  });

  for (const { what, ask, status, reason, header } of rows)
    test(`${what}: ${status}`, async () => {
      const handshake = typeof ask === 'function' ? await ask() : ask;
      const answer = await refusedHandshake(gateway.publicPort, handshake);
      assert.equal(answer.status, status, answer.head);
      assert.match(answer.body, reason);
      if (header !== undefined) assert.equal(answer.headers.get(header[0]), header[1]);
      const challenge = answer.headers.get('www-authenticate');
      if (status === 401)
        assert.match(challenge!, /^Bearer error="invalid_token", error_description="[^"]+"$/);
      else assert.equal(challenge, undefined);
    });

  test('headers of more than 16 KiB: 431', async () => {
    const answer = await refusedHandshake(gateway.publicPort, { headers: { Cookie: 'x'.repeat(17_000) } });
    assert.equal(answer.status, 431);
  });

  test('keys that cannot be fetched: 503, because the token may be good', async () => {
    const token = await tokens.sign('ann', rsa.privateKey, 'RS256');
    const answer = await refusedHandshake(keyless.publicPort, withBearer(token));
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('retry-after')!, /^\d+$/);
    assert.match(answer.body, /cannot be fetched/);
  });

  test('no token, secret or key is in any log', () => tokens.expectUnlogged([gateway, keyless]));
});
