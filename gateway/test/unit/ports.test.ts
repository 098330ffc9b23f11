import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { CannotListen } from '../../src/socket/cannot-listen.js';
import { claimPort } from '../../src/workers/ports.js';

const host = '127.0.0.1';

describe('a port for workers', () => {
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  const lowest = existsSync(range) ? Number(readFileSync(range, 'utf8').split('\t')[0]) : 0;
  const skip = lowest !== 32_768 && 'this system gives away other ports than Linux does by default';
  test('that is chosen is none that the system gives to others meanwhile', { skip }, async () => {
    assert.ok((await claimPort({ host, port: 0 })) < lowest);
  });

  test('is chosen once, however many ask', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => claimPort({ host, port: 0 })));
    assert.equal(new Set(ports).size, 50);
  });

  test('is chosen where nobody listens', async () => {
    const chosen = await claimPort({ host, port: 0 });
    const server = createServer()
      .listen(chosen + 1, host)
      .unref();
    // Where another test listens there already it is as good.
    await once(server, 'listening').catch(() => {});
    assert.notEqual(await claimPort({ host, port: 0 }), chosen + 1);
  });

  test('is taken as it is told, and refused where somebody listens', async () => {
    const server = createServer()
      .listen(await claimPort({ host, port: 0 }), host)
      .unref();
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await assert.rejects(claimPort({ host, port }), CannotListen);
    server.close();
    await once(server, 'close');
    assert.equal(await claimPort({ host, port }), port);
  });

  test('is not looked for on an address that is not ours', () =>
    assert.rejects(claimPort({ host: '192.0.2.1', port: 0 }), /^CannotListen: Port 0 on 192\.0\.2\.1 /));
});
