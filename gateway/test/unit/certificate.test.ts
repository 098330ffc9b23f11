import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkCertificate } from '../../src/socket/certificate.js';
import { certificate } from '../support/certificate.js';
import { keyPair } from '../support/tokens.js';

const now = Date.parse('2026-11-21T00:00:00Z');

const pair = keyPair('P-256');
const ours = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const { privateKey: locked } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
});

const good = certificate(pair);

const bad: [what: string, cert: string | undefined, key: string | undefined, problem: RegExp][] = [
  ['no certificate', undefined, ours, /^tls-cert-file: .*cert\.pem cannot be read: ENOENT/],
  ['no key', good, undefined, /^tls-key-file: .*key\.pem cannot be read: ENOENT/],
  [
    'a certificate that is none',
    'nonsense',
    ours,
    /^tls-cert-file: .*cert\.pem: expected a certificate in PEM/,
  ],
  ['a key in place of the certificate', ours, ours, /^tls-cert-file: .*expected a certificate in PEM form$/],
  [
    'a key that is none',
    good,
    'nonsense',
    /^tls-key-file: .*expected a private key that is not encrypted in PEM form$/,
  ],
  ['a certificate in place of the key', good, good, /^tls-key-file: .*expected a private key/],
  ['a key that is encrypted', good, locked, /^tls-key-file: .*expected a private key that is not encrypted/],
  [
    'a key of another certificate',
    certificate(keyPair('P-256')),
    ours,
    /is not the key of the certificate in/,
  ],
  ['an expired certificate', certificate(pair, '200101', '261120'), ours, /expired on 2026-11-20T00:00:00/],
  [
    'a certificate of the future',
    certificate(pair, '261122'),
    ours,
    /is not valid before 2026-11-22T00:00:00/,
  ],
];

describe('a certificate', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-tls-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Checks files with these contents; undefined: the file is not there. */
  async function check(cert: string | undefined, key: string | undefined): Promise<number> {
    const own = await mkdtemp(join(folder, 'case-'));
    const [tlsCertFile, tlsKeyFile] = [join(own, 'cert.pem'), join(own, 'key.pem')];
    if (cert !== undefined) await writeFile(tlsCertFile, cert);
    if (key !== undefined) await writeFile(tlsKeyFile, key);
    return checkCertificate({ tlsCertFile, tlsKeyFile }, now);
  }

  test('that is good says when it expires', async () => {
    assert.equal(await check(good, ours), Date.parse('2049-01-01T00:00:00Z'));
  });

  test('may be followed by those of its authorities', async () => {
    assert.equal(await check(good + certificate(keyPair('P-256')), ours), Date.parse('2049-01-01T00:00:00Z'));
  });

  for (const [what, cert, key, problem] of bad)
    test(`${what}: a sentence`, async () => {
      await assert.rejects(check(cert, key), (error: Error) => {
        assert.match(error.message, problem);
        return true;
      });
    });
});
