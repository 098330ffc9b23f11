import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { certificate } from '../support/certificate.js';
import { GatewayProcess } from '../support/gateway.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { keyPair } from '../support/tokens.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** The public port with TLS of its own. */
describe('TLS', { timeout: 60_000 }, () => {
  let folder: string;
  let files: { TLS_CERT_FILE: string; TLS_KEY_FILE: string };
  let gateway: GatewayProcess;
  let url: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tabcast-tls-'));
    files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
    await writePair();
    gateway = await GatewayProcess.start({ ...files, TRUSTED_PROXIES: '127.0.0.1' });
    url = gateway.socketUrl.replace('ws:', 'wss:');
  });
  after(async () => {
    await gateway.kill();
    await rm(folder, { recursive: true });
  });

  /** Replaces the certificate and its key, and returns the certificate in the form that a TLS peer sees. */
  async function writePair(): Promise<Buffer> {
    const pair = keyPair('P-256');
    const pem = certificate(pair);
    await writeFile(files.TLS_CERT_FILE, pem);
    await writeFile(files.TLS_KEY_FILE, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return Buffer.from(pem.replace(/-----.*-----|\n/g, ''), 'base64');
  }

  /** The certificate that somebody sees who connects now. */
  function shownCertificate(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: gateway.publicPort, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', reject).on('secureConnect', () => {
        resolve(socket.getPeerCertificate().raw);
        socket.destroy();
      });
    });
  }

  const open = async (encoding: 'json' | 'msgpack') => {
    const tab = TestTab.connect(url, { token: await tokenFor('ann'), encoding, rejectUnauthorized: false });
    await tab.welcome();
    return tab;
  };

  test('tabs of either encoding connect and receive, many of them, with nothing on standard error', async () => {
    const tabs = await Promise.all(
      Array.from({ length: 100 }, (_, index) => open(index % 2 === 0 ? 'json' : 'msgpack')),
    );
    const long = 'x'.repeat(50_000);
    await gateway.send({ to: { user: 'ann' }, action: 'long', details: [long] });
    for (const tab of tabs) assert.deepEqual((await tab.next('long')).details, [long]);
    for (const tab of tabs) await tab.close();
    assert.doesNotMatch(gateway.errors, /uWS|cork/);
  });

  test('whoever speaks no TLS gets nowhere, and is forgotten', async () => {
    const plain = TestTab.connect(gateway.socketUrl);
    assert.equal((await plain.closed).code, 1006);
    const wires = await Promise.all(Array.from({ length: 20 }, () => Wire.connect(gateway.publicPort)));
    for (const wire of wires) wire.write('nonsense\r\n\r\n');
    for (const wire of wires) await wire.closed;
    await until('none to be left', async () => (await gateway.metric('tabcast_connections')) === 0);
  });

  test('a new certificate is for those who come; tabs stay through several, and all get what is sent', async () => {
    const tabs = [await open('json')];
    for (let renewal = 0; renewal < 3; renewal++) {
      const fresh = await writePair();
      process.kill(gateway.pid, 'SIGHUP');
      await until('the new certificate', async () => (await shownCertificate()).equals(fresh));
      tabs.push(await open('json'));
    }
    await gateway.send({ to: { user: 'ann' }, action: 'to all of you' });
    for (const tab of tabs) await tab.next('to all of you');
    const [first, ...others] = tabs;
    await first!.close();
    await gateway.send({ to: { user: 'ann' }, action: 'to the others' });
    for (const tab of others) await tab.next('to the others');
    await until('one to have gone', async () => (await gateway.metric('tabcast_tabs')) === others.length);
    for (const tab of others) await tab.close();
    await until('none to be left', async () => (await gateway.metric('tabcast_connections')) === 0);
  });

  test('files that cannot be used are a sentence at the start', async () => {
    const gateway = GatewayProcess.launch({ ...files, TLS_KEY_FILE: files.TLS_CERT_FILE });
    assert.equal(await gateway.exited(), 1);
    assert.match(gateway.errors, /^tabcast: tls-key-file: .*expected a private key/m);
  });
});
