import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { CompactSign } from 'jose';
import type { TokenVerifier } from '../../src/auth/token.js';
import { CapturedLog } from '../support/captured-log.js';
import { certificate } from '../support/certificate.js';
import { KeySetServer } from '../support/key-set-server.js';
import {
  goodClaims,
  keyPair,
  present,
  refusal,
  secret,
  sign,
  user,
  verifierWith,
} from '../support/tokens.js';

const pairs = {
  RSA: keyPair('RSA'),
  'P-256': keyPair('P-256'),
  'P-384': keyPair('P-384'),
  'P-521': keyPair('P-521'),
  Ed25519: keyPair('Ed25519'),
};
const algorithms: Record<keyof typeof pairs, string[]> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
};
const types = Object.keys(pairs) as (keyof typeof pairs)[];

describe('algorithms', () => {
  let issuer: KeySetServer;
  let fromSet: TokenVerifier;
  before(async () => {
    issuer = await KeySetServer.start(...types.map((type) => pairs[type].jwk()));
    const jwks = { url: issuer.url, now: () => present * 1000, log: new CapturedLog().log };
    fromSet = await verifierWith({ jwks });
  });
  after(async () => {
    fromSet.close();
    await issuer.close();
  });

  for (const type of types)
    for (const algorithm of algorithms[type]) {
      test(`${algorithm} with a PEM key`, async () => {
        const verifier = await verifierWith({ publicKeys: [pairs[type].pem] });
        assert.equal(user(await verifier.verify(await sign(pairs[type].privateKey, algorithm))), '42');
      });
      test(`${algorithm} with a key set`, async () => {
        assert.equal(user(await fromSet.verify(await sign(pairs[type].privateKey, algorithm))), '42');
      });
    }

  for (const algorithm of ['HS256', 'HS384', 'HS512'])
    test(`${algorithm} with a secret`, async () => {
      const verifier = await verifierWith({ secrets: [secret] });
      assert.equal(user(await verifier.verify(await sign(secret, algorithm))), '42');
      assert.equal(refusal(await verifier.verify(await sign(`not ${secret}`, algorithm))), 'signature');
    });

  test('a key from a certificate', async () => {
    const verifier = await verifierWith({ publicKeys: [certificate(pairs['P-256'])] });
    assert.equal(user(await verifier.verify(await sign(pairs['P-256'].privateKey, 'ES256'))), '42');
  });

  test('keys of all kinds side by side', async () => {
    const verifier = await verifierWith({
      secrets: [secret],
      publicKeys: types.map((type) => pairs[type].pem),
    });
    assert.equal(user(await verifier.verify(await sign(secret, 'HS256'))), '42');
    assert.equal(user(await verifier.verify(await sign(pairs.Ed25519.privateKey, 'EdDSA'))), '42');
  });

  test('what a secret has signed is known at once, all else may take its time', async () => {
    const verifier = await verifierWith({ secrets: [secret], publicKeys: [pairs['P-256'].pem] });
    const late = await sign(pairs['P-256'].privateKey, 'ES256');
    for (const [token, waits] of [
      [await sign(secret, 'HS512'), false],
      [await sign(secret, 'HS256', { ...goodClaims, exp: present - 1 }), false],
      [await sign(`not ${secret}`, 'HS256'), true],
      [late, true],
    ] as const)
      assert.equal(verifier.verify(token) instanceof Promise, waits);
  });

  test('several secrets at once, for rotation', async () => {
    const verifier = await verifierWith({ secrets: [`new ${secret}`, secret] });
    assert.equal(user(await verifier.verify(await sign(secret, 'HS256'))), '42');
    assert.equal(user(await verifier.verify(await sign(`new ${secret}`, 'HS256'))), '42');
    assert.equal(refusal(await verifier.verify(await sign(`old ${secret}`, 'HS256'))), 'signature');
  });

  test('another key of the same type is refused', async () => {
    const verifier = await verifierWith({ publicKeys: [keyPair('P-256').pem] });
    const verdict = await verifier.verify(await sign(pairs['P-256'].privateKey, 'ES256'));
    assert.deepEqual(verdict, { refused: 'signature', sentence: 'the signature fits none of the keys' });
  });
});

describe('algorithm confusion', () => {
  const { pem } = pairs.RSA;
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('latin1');

  for (const [form, publicText] of [
    ['PEM', pem],
    ['PEM without the last line feed', pem.trimEnd()],
    ['DER', der],
  ] as const) {
    test(`a public key as shared secret is refused: ${form}`, async () => {
      const verifier = await verifierWith({ publicKeys: [pem] });
      const verdict = await verifier.verify(await sign(publicText, 'HS256'));
      assert.deepEqual(verdict, {
        refused: 'signature',
        sentence: 'header alg: expected one of RS256, RS384, RS512, PS256, PS384, PS512',
      });
    });
    test(`nor does it help that there are shared secrets too: ${form}`, async () => {
      const verifier = await verifierWith({ publicKeys: [pem], secrets: [secret] });
      assert.equal(refusal(await verifier.verify(await sign(publicText, 'HS256'))), 'signature');
    });
  }

  for (const alg of ['none', 'NONE', 'hs256', '', 'dir', 'ML-DSA-44', 'toString', '__proto__'])
    test(`alg ${JSON.stringify(alg)} is refused`, async () => {
      const verifier = await verifierWith({ secrets: [secret], publicKeys: [pem] });
      const claims = encode(goodClaims);
      assert.equal(refusal(await verifier.verify(`${encode({ alg })}.${claims}.`)), 'signature');
    });

  test('the algorithm of another curve is refused', async () => {
    const verifier = await verifierWith({ publicKeys: [pairs['P-384'].pem] });
    assert.equal(refusal(await verifier.verify(await sign(pairs['P-256'].privateKey, 'ES256'))), 'signature');
  });

  test('a key that the token brings along is not looked at', async () => {
    const verifier = await verifierWith({ publicKeys: [pairs['P-256'].pem] });
    const own = keyPair('P-256');
    const header = { jwk: own.jwk() as never, jku: 'https://evil.example/keys', kid: 'x' };
    assert.equal(
      refusal(await verifier.verify(await sign(own.privateKey, 'ES256', goodClaims, header))),
      'signature',
    );
  });
});

describe('what is no token', () => {
  const claims = encode(goodClaims);
  const malformed: [what: string, token: string][] = [
    ['nothing', ''],
    ['a word', 'abc'],
    ['dots alone', '..'],
    ['a header that is not JSON', `AAAA.${claims}.AA`],
    ['a header that is not base64url', `{}.${claims}.AA`],
    ['a header that is an array', `${encode([])}.${claims}.AA`],
    ['a header that is null', `${encode(null)}.${claims}.AA`],
    ['a kid that is a number', `${encode({ alg: 'HS256', kid: 7 })}.${claims}.AA`],
    ['a signature that is not base64url', `${encode({ alg: 'HS256' })}.${claims}.!!`],
    ['an extension that must be understood', `${encode({ alg: 'HS256', crit: ['x'], x: 1 })}.${claims}.AA`],
    ['characters beyond ASCII', `${encode({ alg: 'HS256' })}.é😀.AA`],
  ];
  for (const [what, token] of malformed)
    test(`${what} is malformed`, async () => {
      const verifier = await verifierWith({ secrets: [secret] });
      assert.equal(refusal(await verifier.verify(token)), 'malformed');
    });

  test('with a good signature an extension that must be understood is malformed all the same', async () => {
    const verifier = await verifierWith({ secrets: [secret] });
    const signed = (header: object) => {
      const text = `${encode(header)}.${claims}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    assert.equal(user(await verifier.verify(signed({ alg: 'HS256' }))), '42');
    const critical = signed({ alg: 'HS256', crit: ['x'], x: 1 });
    assert.equal(refusal(await verifier.verify(critical)), 'malformed');
  });

  for (const rest of ['', `.${claims}`, `.${claims}.AA.AA`, `.${claims}.AA.AA.AA`])
    test(`${rest.split('.').length} parts are malformed`, async () => {
      const verifier = await verifierWith({ secrets: [secret] });
      assert.deepEqual(await verifier.verify(encode({ alg: 'HS256' }) + rest), {
        refused: 'malformed',
        sentence: 'expected three parts with dots between them',
      });
    });

  for (const [what, payload] of [
    ['no JSON', 'x'],
    ['an array', '[]'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ] as const)
    test(`a payload that is ${what} is malformed, though well signed`, async () => {
      const signed = new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'HS256' });
      const verifier = await verifierWith({ secrets: [secret] });
      assert.deepEqual(await verifier.verify(await signed.sign(Buffer.from(secret))), {
        refused: 'malformed',
        sentence: 'payload: expected a JSON object',
      });
    });

  test('a token may have 8192 characters and no more', async () => {
    const verifier = await verifierWith({ secrets: [secret] });
    const empty = (await sign(secret, 'HS256', { ...goodClaims, pad: '' })).length;
    const pad = 'x'.repeat(Math.floor(((8192 - empty) * 3) / 4));
    const longest = await sign(secret, 'HS256', { ...goodClaims, pad });
    assert.equal(longest.length, 8192);
    assert.equal(user(await verifier.verify(longest)), '42');
    assert.equal(refusal(await verifier.verify(`${longest}x`)), 'too-long');
  });

  test('no changed or shortened token proves anything else', async () => {
    const verifier = await verifierWith({ secrets: [secret] });
    const token = await sign(secret, 'HS256');
    for (let i = 0; i < token.length; i++) {
      assert.ok('refused' in (await verifier.verify(token.slice(0, i))), `cut at ${i}`);
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      const verdict = await verifier.verify(changed);
      // The last character carries bits that decode to nothing, so a change there may leave the token what it was.
      if (i < token.length - 1) assert.ok('refused' in verdict, `changed at ${i}`);
      else assert.ok('refused' in verdict || verdict.identity.user === '42');
    }
  });

  test('without any key there is nothing to verify with', async () => {
    const verifier = await verifierWith({});
    assert.deepEqual(await verifier.verify(await sign(secret, 'HS256')), {
      refused: 'keys-unavailable',
      sentence: 'this gateway has no key to verify tokens with',
    });
  });
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
