import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect, type PeerCertificate } from 'node:tls';
import { certificate } from '../support/certificate.js';
import { ConfiguredGateway } from '../support/configured.js';
import { keyPair, type Pair } from '../support/tokens.js';

/** SIGHUP: the certificate of the public port. */

describe('reload of a certificate', { timeout: 30_000 }, () => {
  const pairs = [keyPair('P-256'), keyPair('P-256')] as const;
  let configured: ConfiguredGateway;

  async function write({ privateKey, pem }: Pair): Promise<Record<string, string>> {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return {
      TLS_CERT_FILE: await configured.write('cert.pem', certificate({ privateKey, pem } as Pair)),
      TLS_KEY_FILE: await configured.write('cert.key', key),
    };
  }

  before(async () => {
    configured = await ConfiguredGateway.make();
    await configured.start(await write(pairs[0]));
  });
  after(() => configured.close());

  /** Which of the pairs a new connection is shown. */
  async function shown(): Promise<number> {
    const socket = connect({
      port: configured.gateway.publicPort,
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    const peer = await new Promise<PeerCertificate>((resolve, reject) => {
      socket.once('secureConnect', () => resolve(socket.getPeerCertificate())).once('error', reject);
    });
    socket.destroy();
    const keys = pairs.map(({ pem }) => createPublicKey(pem).export({ type: 'spki', format: 'der' }));
    return keys.findIndex((key) => key.includes(peer.pubkey!));
  }

  test('new connections see the new one', async () => {
    assert.equal(await shown(), 0);
    await write(pairs[1]);
    const [line] = await configured.reload();
    assert.deepEqual(line!['changed'], ['tls-cert-file', 'tls-key-file']);
    assert.equal(await shown(), 1);
  });

  test('one whose key does not fit changes nothing', async () => {
    await configured.write('cert.pem', certificate(pairs[0]));
    const [line] = await configured.reload({ origins: ['https://evil.example'] });
    assert.match(String(line!['problem']), /is not the key of the certificate/);
    assert.equal(await shown(), 1);
  });
});
