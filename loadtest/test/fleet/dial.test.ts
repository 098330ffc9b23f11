import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { Tab, type TabOptions } from '../../src/fleet/tab.js';
import { firstText, type Peer, startPeer, until, welcome } from '../support/peer.js';

const noCertificate = spawnSync('openssl', ['version']).status !== 0 && 'needs openssl to make a certificate';

/** A key and a certificate of its own for 127.0.0.1, in PEM. */
function selfSigned(): string {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=peer', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', '-', '-out', '-'],
  ]);
  assert.equal(made.status, 0, `${made.stderr}`);
  return `${made.stdout}`;
}

describe('a tab over TLS', { skip: noCertificate, timeout: 30_000 }, () => {
  let peer: Peer;
  let options: TabOptions;

  before(async () => {
    const pem = selfSigned();
    peer = await startPeer(createServer({ key: pem, cert: pem }));
    const { host, port } = peer;
    options = { host, port, secure: true, path: '/', protocols: [], dialect: {}, deadline: 10_000 };
  });

  after(() => peer.close());

  test('does not trust a certificate that nobody vouches for', async () => {
    await assert.rejects(new Tab(options).opened, /self-signed certificate/);
  });

  test('speaks and hears, pauses and reads on, from an address of its own', async () => {
    const seen: string[] = [];
    let heard = 0;
    peer.server.once('connection', async (socket, { socket: { remoteAddress } }) => {
      socket.send(welcome);
      seen.push(remoteAddress!, await firstText(socket));
      socket.send('x'.repeat(100_000));
    });
    const received = () => heard++;
    const tab = new Tab({ ...options, insecure: true, localAddress: '127.0.0.7', received });
    await tab.opened;
    tab.pause();
    tab.resume();
    tab.send('hello');
    await until('an answer', () => heard === 1);
    assert.deepEqual(seen, ['127.0.0.7', 'hello']);
    tab.drop();
  });
});
