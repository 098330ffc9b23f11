import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { JwksOptions } from '../../src/auth/jwks.js';
import type { KeySources } from '../../src/auth/keys.js';
import { CapturedLog } from '../support/captured-log.js';
import { type Behaviour, KeySetServer } from '../support/key-set-server.js';
import {
  goodClaims,
  keyPair,
  type Pair,
  present,
  refusal,
  secret,
  sign,
  user,
  verifierWith,
} from '../support/tokens.js';

const first = keyPair('P-256');
const second = keyPair('P-256');
const minute = 60_000;
const day = 24 * 60 * minute;

const failures: [behaviour: Behaviour, logged: string][] = [
  ['error', 'expected status 200, got 500'],
  ['redirect', 'fetch failed'],
  ['garbage', 'expected a JSON object with an array'],
  ['empty', 'expected at least one usable public key'],
  ['huge', 'expected at most 1048576 bytes'],
  ['endless', 'expected at most 1048576 bytes'],
];

/** A verifier of tokens that takes its keys from an issuer on a real socket, until the end of the test. */
async function connect(
  t: TestContext,
  issuer: KeySetServer,
  options: Partial<JwksOptions> = {},
  sources: Partial<KeySources> = {},
) {
  const clock = { now: present * 1000 };
  const captured = new CapturedLog();
  const now = () => clock.now;
  const jwks = { url: issuer.url, now, log: captured.log, ...options };
  const verifier = await verifierWith({ ...sources, jwks });
  t.after(async () => {
    verifier.close();
    await issuer.close();
  });
  return { clock, captured, verifier };
}

/** A token that outlives every test here. */
function tokenOf({ privateKey }: Pair, kid?: string): Promise<string> {
  const claims = { ...goodClaims, exp: present + 10 * 86_400 };
  return sign(privateKey, 'ES256', claims, kid === undefined ? {} : { kid });
}

describe('an issuer that fails', () => {
  for (const [behaviour, logged] of failures) {
    test(`from the start: ${behaviour}; its tokens are refused until it is well`, async (t) => {
      const issuer = await KeySetServer.start(first.jwk());
      issuer.behaviour = behaviour;
      const { clock, captured, verifier } = await connect(t, issuer);
      const token = await tokenOf(first);
      assert.deepEqual(await verifier.verify(token), {
        refused: 'keys-unavailable',
        sentence: 'the keys that verify this token cannot be fetched; try again later',
      });
      assert.ok(captured.lines[0]!.includes(logged), captured.lines[0]);
      issuer.behaviour = 'ok';
      clock.now += minute;
      assert.equal(user(await verifier.verify(token)), '42');
      assert.ok(captured.lines.at(-1)!.includes('is back'));
    });

    test(`later: ${behaviour}; the last good set stays in use`, async (t) => {
      const issuer = await KeySetServer.start(first.jwk({ kid: 'a' }));
      const { captured, verifier } = await connect(t, issuer);
      const token = await tokenOf(first, 'a');
      assert.equal(user(await verifier.verify(token)), '42');
      issuer.behaviour = behaviour;
      assert.equal(refusal(await verifier.verify(await tokenOf(first, 'unknown'))), 'signature');
      assert.ok(captured.lines[0]!.includes(logged), captured.lines[0]);
      assert.equal(user(await verifier.verify(token)), '42');
    });
  }

  test('an answer of 100 MB is broken off', async (t) => {
    const issuer = await KeySetServer.start(first.jwk());
    issuer.behaviour = 'endless';
    const { captured } = await connect(t, issuer);
    await captured.line(0);
    // What is beyond the limit of 1 MiB lies in the buffers of two sockets.
    assert.ok(issuer.taken < 20e6, `${issuer.taken} bytes`);
  });

  test('that hangs is given up after 5 s', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const issuer = await KeySetServer.start(first.jwk());
    issuer.behaviour = 'hang';
    const { captured, verifier } = await connect(t, issuer);
    await issuer.asked();
    const verdict = verifier.verify(await tokenOf(first));
    t.mock.timers.tick(5_000);
    assert.equal(refusal(await verdict), 'keys-unavailable');
    assert.ok(captured.lines[0]!.includes('expected an answer within 5 s'), captured.lines[0]);
  });

  test('the last good set serves for ten minutes and a day', async (t) => {
    const issuer = await KeySetServer.start(first.jwk());
    const { clock, verifier } = await connect(t, issuer);
    const token = await tokenOf(first);
    assert.equal(user(await verifier.verify(token)), '42');
    issuer.behaviour = 'error';
    clock.now += 10 * minute + day;
    assert.equal(user(await verifier.verify(token)), '42');
    clock.now += 1;
    assert.equal(refusal(await verifier.verify(token)), 'keys-unavailable');
    issuer.behaviour = 'ok';
    clock.now += minute;
    assert.equal(user(await verifier.verify(token)), '42');
  });

  test('maxStale 0 ends the last good set after its ten minutes', async (t) => {
    const issuer = await KeySetServer.start(first.jwk());
    const { clock, verifier } = await connect(t, issuer, { maxStale: 0 });
    const token = await tokenOf(first);
    assert.equal(user(await verifier.verify(token)), '42');
    issuer.behaviour = 'error';
    clock.now += 10 * minute;
    assert.equal(user(await verifier.verify(token)), '42');
    clock.now += 1;
    assert.equal(refusal(await verifier.verify(token)), 'keys-unavailable');
  });

  test('keys of other sources do not need it', async (t) => {
    const issuer = await KeySetServer.start(first.jwk());
    issuer.behaviour = 'error';
    const { verifier } = await connect(t, issuer, {}, { secrets: [secret], publicKeys: [second.pem] });
    assert.equal(user(await verifier.verify(await sign(secret, 'HS256'))), '42');
    assert.equal(user(await verifier.verify(await tokenOf(second, 'any'))), '42');
    assert.equal(refusal(await verifier.verify(await tokenOf(first))), 'keys-unavailable');
    // No public key could ever fit this one, so there is nothing to wait for.
    assert.equal(refusal(await verifier.verify(await sign(`not ${secret}`, 'HS256'))), 'signature');
  });
});

describe('keys that change', () => {
  test('a rotated key is known at its first token, and the old one no more', async (t) => {
    const issuer = await KeySetServer.start(first.jwk({ kid: 'a' }));
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
    issuer.rotate(second.jwk({ kid: 'b' }));
    assert.equal(user(await verifier.verify(await tokenOf(second, 'b'))), '42');
    assert.equal(refusal(await verifier.verify(await tokenOf(first, 'a'))), 'signature');
  });

  test('a key file that fits any name does not hide a rotated key', async (t) => {
    const issuer = await KeySetServer.start(first.jwk({ kid: 'a' }));
    const { verifier } = await connect(t, issuer, {}, { publicKeys: [keyPair('P-256').pem] });
    assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
    issuer.rotate(second.jwk({ kid: 'b' }));
    assert.equal(user(await verifier.verify(await tokenOf(second, 'b'))), '42');
  });

  for (const behaviour of ['ok', 'error'] as const)
    test(`a flood of unknown names fetches once in 30 s: ${behaviour}`, async (t) => {
      const issuer = await KeySetServer.start(first.jwk({ kid: 'a' }));
      const { clock, verifier } = await connect(t, issuer);
      assert.equal(user(await verifier.verify(await tokenOf(first, 'a'))), '42');
      issuer.behaviour = behaviour;
      const flood = await Promise.all(Array.from({ length: 100 }, (_, i) => tokenOf(second, `unknown-${i}`)));
      assert.equal(issuer.requests, 1);
      await Promise.all(flood.map((token) => verifier.verify(token)));
      for (const token of flood) assert.equal(refusal(await verifier.verify(token)), 'signature');
      assert.equal(issuer.requests, 2);
      clock.now += 30_000;
      for (const token of flood) await verifier.verify(token);
      assert.equal(issuer.requests, 3);
    });

  test('a token that no public key could verify fetches nothing', async (t) => {
    const issuer = await KeySetServer.start(first.jwk());
    const { verifier } = await connect(t, issuer, {}, { secrets: [secret] });
    assert.equal(user(await verifier.verify(await tokenOf(first))), '42');
    assert.equal(refusal(await verifier.verify(await sign(`not ${secret}`, 'HS256'))), 'signature');
    assert.equal(issuer.requests, 1);
  });
});

describe('which key of a set', () => {
  test('the one that the token names', async (t) => {
    const issuer = await KeySetServer.start(first.jwk({ kid: 'a' }), second.jwk({ kid: 'b' }));
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(second, 'b'))), '42');
    assert.equal(refusal(await verifier.verify(await tokenOf(second, 'a'))), 'signature');
  });

  test('any that fits, where the token names none', async (t) => {
    const issuer = await KeySetServer.start(first.jwk({ kid: 'a' }), second.jwk({ kid: 'b' }));
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(first))), '42');
    assert.equal(user(await verifier.verify(await tokenOf(second))), '42');
  });

  test('any that has no name', async (t) => {
    const issuer = await KeySetServer.start(first.jwk(), second.jwk());
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(second, 'b'))), '42');
    assert.equal(issuer.requests, 1);
  });

  test('none that is not meant for this; the others serve', async (t) => {
    const shared = Buffer.from(secret).toString('base64url');
    const issuer = await KeySetServer.start(
      second.jwk({ use: 'enc' }),
      second.jwk({ key_ops: ['sign'] }),
      second.jwk({ alg: 'ES384' }),
      second.jwk({ ...second.privateKey.export({ format: 'jwk' }) }),
      second.jwk({ crv: 'P-384' }),
      { kty: 'oct', k: shared },
      { kty: 'unheard-of' },
      null as never,
      first.jwk({ use: 'sig', key_ops: ['verify'], alg: 'ES256' }),
    );
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await tokenOf(first))), '42');
    assert.equal(refusal(await verifier.verify(await tokenOf(second))), 'signature');
    assert.equal(refusal(await verifier.verify(await sign(secret, 'HS256'))), 'signature');
  });

  test('its alg narrows what its type would allow', async (t) => {
    const rsa = keyPair('RSA');
    const issuer = await KeySetServer.start(rsa.jwk({ alg: 'PS256' }));
    const { verifier } = await connect(t, issuer);
    assert.equal(user(await verifier.verify(await sign(rsa.privateKey, 'PS256'))), '42');
    assert.equal(refusal(await verifier.verify(await sign(rsa.privateKey, 'RS256'))), 'signature');
  });
});
