import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Server } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { usualTextBytes } from '../../src/books/message.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import { Fleets, fleetProcess } from '../../src/fleet/fleets.js';
import { hostWorkers } from '../../src/workers/host.js';
import { RemoteWorker } from '../../src/workers/remote-worker.js';
import { proofOf } from '../../src/workers/wire.js';
import { startPeer, until, welcome } from '../support/peer.js';

const key = 'a key for this test';

describe('workers on another machine', { timeout: 60_000 }, () => {
  let ends: (() => void)[] = [];

  afterEach(() => {
    for (const end of ends.reverse()) end();
    ends = [];
  });

  async function host(): Promise<{ server: Server; port: number; place: string }> {
    const server = await hostWorkers({ host: '127.0.0.1', port: 0, key, module: fleetProcess });
    ends.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    return { server, port, place: `127.0.0.1:${port}` };
  }

  const connections = (server: Server) =>
    new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));

  async function worker(place: string): Promise<RemoteWorker<Fleet>> {
    const connected = await RemoteWorker.connect<Fleet>(place, key);
    ends.push(() => connected.stop());
    return connected;
  }

  test('hold the tabs of a fleet, and estimate its clock', async () => {
    const peer = await startPeer();
    ends.push(() => peer.close());
    peer.server.on('connection', (socket) => socket.send(welcome));
    const [one, two] = [await host(), await host()];
    const fleets = new Fleets({ workers: [one.place, two.place], key });
    ends.push(() => fleets.stop());
    await fleets.open({
      ...{ perSecond: 10_000, inFlight: 2, dialect: {}, textBytes: usualTextBytes },
      servers: [{ host: peer.host, port: peer.port }],
      tabs: Array.from({ length: 5 }, () => ({ path: '/', protocols: [], streams: [] })),
    });
    const { open, clockError } = await fleets.read();
    assert.equal(open, 5);
    assert.ok(clockError > 0 && clockError < 1000, `clock error ${clockError}`);
    assert.deepEqual([await connections(one.server), await connections(two.server)], [1, 1]);
    fleets.stop();
    await until('no tabs, because their processes have ended', () => peer.server.clients.size === 0);
  });

  test('share the clock of this machine when they are on it', async () => {
    const { ahead, error } = await (await worker((await host()).place)).clock();
    assert.ok(Math.abs(ahead) <= error, `${ahead} ± ${error}`);
  });

  test('are told what went wrong', async () => {
    const connected = await worker((await host()).place);
    await assert.rejects(connected.ask('open', {} as never), /undefined/);
  });

  test('end with a sentence when the host hangs up', async () => {
    const { server, place } = await host();
    let lent: { destroy(): void } | undefined;
    server.on('connection', (socket) => {
      lent = socket;
    });
    const connected = await worker(place);
    lent!.destroy();
    await assert.rejects(connected.ask('read'), new RegExp(`worker ${place}: hung up`));
  });

  test('are not for who has another key', async () => {
    const { place } = await host();
    await assert.rejects(RemoteWorker.connect(place, 'another'), /the key is not the right one/);
    await assert.rejects(RemoteWorker.connect(place), /the key is not the right one/);
  });

  test('are for one coordinator at a time', async () => {
    const { server, port, place } = await host();
    const other = connect(port, '127.0.0.1').setEncoding('utf8');
    ends.push(() => other.destroy());
    const { nonce } = JSON.parse(String((await once(other, 'data'))[0]));
    other.write(`${JSON.stringify({ coordinator: 'other', proof: proofOf(key, nonce) })}\n`);
    assert.equal(String((await once(other, 'data'))[0]), '{"accepted":true}\n');
    await assert.rejects(RemoteWorker.connect(place, key), /busy for another coordinator/);
    other.destroy();
    await until('nobody', async () => (await connections(server)) === 0);
    await worker(place);
  });

  for (const [what, line] of [
    ['what is no JSON', 'POST / HTTP/1.1\r\n'],
    ['a long line of a stranger', 'x'.repeat(5000)],
  ] as const)
    test(`hang up on ${what}`, async () => {
      const stranger = connect((await host()).port, '127.0.0.1').resume();
      stranger.on('error', () => {});
      stranger.write(line);
      await once(stranger, 'close');
    });

  test('are not lent to other machines without a key', async () => {
    const open = hostWorkers({ host: '0.0.0.0', port: 0, module: fleetProcess });
    await assert.rejects(open, /a key is required to listen on 0\.0\.0\.0/);
  });

  test('have to be named as host:port', async () => {
    await assert.rejects(RemoteWorker.connect('here'), /expected a worker as host:port, got "here"/);
  });
});
