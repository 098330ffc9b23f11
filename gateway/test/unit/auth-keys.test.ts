import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { importKeys, type KeySources } from '../../src/auth/keys.js';
import { CapturedLog } from '../support/captured-log.js';
import { keyPair, secret } from '../support/tokens.js';

const { pem, privateKey } = keyPair('P-256');
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

async function problemsOf(sources: Partial<KeySources>): Promise<string[]> {
  const imported = await importKeys({ secrets: [], publicKeys: [], ...sources });
  return 'problems' in imported ? imported.problems : [];
}

function jwksAt(url: string): Partial<KeySources> {
  const fetch = () => assert.fail('nothing may be fetched while keys are checked');
  return { jwks: { url, fetch, now: () => 0, log: new CapturedLog().log } };
}

function publicPem({ publicKey }: { publicKey: KeyObject }): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

describe('importing keys', () => {
  test('good keys of every source have no problems', async () => {
    const imported = await importKeys({
      secrets: [secret],
      publicKeys: [pem],
      ...jwksAt('https://id.example/keys'),
    });
    assert.ok('keys' in imported);
    imported.keys.close();
  });

  test('all problems are told at once, each with its option', async () => {
    const sources = {
      secrets: [secret, 'short'],
      publicKeys: [pem, privatePem, 'nonsense'],
      ...jwksAt('http://id.example/keys'),
    };
    assert.deepEqual(await problemsOf(sources), [
      'token-secrets[1]: expected at least 32 bytes, got 5',
      'token-key-files[1]: expected a PEM public key, got a private key',
      'token-key-files[2]: expected a PEM public key or certificate, got something else',
      'token-jwks-url: expected https://, or http:// to this machine only',
    ]);
  });

  test('a secret is measured in bytes', async () => {
    assert.deepEqual(await problemsOf({ secrets: ['ü'.repeat(16)] }), []);
    assert.equal((await problemsOf({ secrets: ['ü'.repeat(15)] })).length, 1);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const privateKeys: [form: string, pem: string | Buffer][] = [
    ['PKCS#8', privatePem],
    ['SEC 1', createPrivateKey(privatePem).export({ type: 'sec1', format: 'pem' })],
    ['PKCS#1', rsa.export({ type: 'pkcs1', format: 'pem' })],
    [
      'encrypted',
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ],
    ['public key and private key together', pem + privatePem],
  ];
  for (const [form, text] of privateKeys)
    test(`a private key is refused by name: ${form}`, async () => {
      assert.deepEqual(await problemsOf({ publicKeys: [text.toString()] }), [
        'token-key-files[0]: expected a PEM public key, got a private key',
      ]);
    });

  const unusable: [pem: string, sentence: string][] = [
    ['', 'expected a PEM public key or certificate, got something else'],
    [pem + pem, 'expected one PEM public key or certificate, got 2'],
    [pem.replace(/MF/, 'AA'), 'expected a PEM public key or certificate, got a damaged one'],
    [pem.slice(0, 60), 'expected a PEM public key or certificate, got a damaged one'],
    [
      publicPem(generateKeyPairSync('rsa', { modulusLength: 1024 })),
      'expected RSA of at least 2048 bits, got 1024',
    ],
    [
      publicPem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
      'expected RSA, EC P-256, P-384, P-521 or Ed25519, got secp256k1',
    ],
    [publicPem(generateKeyPairSync('ed448')), 'expected RSA, EC P-256, P-384, P-521 or Ed25519, got ed448'],
    [
      publicPem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })),
      'expected RSA, EC P-256, P-384, P-521 or Ed25519, got rsa-pss',
    ],
  ];
  for (const [text, sentence] of unusable)
    test(`refused: ${sentence}`, async () => {
      assert.deepEqual(await problemsOf({ publicKeys: [text] }), [`token-key-files[0]: ${sentence}`]);
    });

  const plainHttp = 'expected https://, or http:// to this machine only';
  const urls: [url: string, sentence: string | undefined][] = [
    ['https://id.example/keys', undefined],
    ['http://localhost:8080/keys', undefined],
    ['http://127.0.0.1/keys', undefined],
    ['http://[::1]/keys', undefined],
    ['http://id.example/keys', plainHttp],
    ['http://localhost.id.example/keys', plainHttp],
    ['http://not-localhost/keys', plainHttp],
    ['http://127.0.0.1.id.example/keys', plainHttp],
    ['file:///etc/keys', plainHttp],
    ['data:application/json,{}', plainHttp],
    ['id.example/keys', 'expected an absolute URL'],
    ['https://me:pass@id.example/keys', 'expected a URL without user or password'],
  ];
  for (const [url, sentence] of urls)
    test(`the key set may ${sentence === undefined ? '' : 'not '}be at ${url}`, async () => {
      assert.deepEqual(
        await problemsOf(jwksAt(url)),
        sentence === undefined ? [] : [`token-jwks-url: ${sentence}`],
      );
    });
});
