import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { Fleets } from '../src/fleets.js';
import { encodeMessage } from '../src/message.js';

const messageBytes = 128;
const message = (number: number) => encodeMessage(messageBytes, 1_000_000, number);

/** Tabs in child processes, two in each, against another implementation of RFC 6455. */
describe('Fleets', () => {
  let server: WebSocketServer;
  let fleets: Fleets;
  let port: number;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    fleets = new Fleets(2);
  });

  afterEach(() => {
    fleets.stop();
    for (const socket of server.clients) socket.terminate();
    server.close();
  });

  const plan = (tabs: number) => ({
    port,
    messageBytes,
    tabs: Array.from({ length: tabs }, (_, tab) => ({ path: `/${tab}`, protocols: [] })),
    perSecond: 10_000,
    inFlight: 2,
  });

  /** Reads until so many messages have arrived, and adds up. */
  async function received(count: number) {
    const latencies: number[] = [];
    for (;;) {
      const reading = await fleets.read();
      latencies.push(...reading.latencies);
      if (reading.received >= count) return { ...reading, latencies };
    }
  }

  test('opens every tab of the plan, and books what each gets', async () => {
    server.on('connection', (socket, request) => {
      socket.send('{"action":"sys/welcome","details":[]}');
      const numbers = { '/0': [0, 1, 2], '/1': [0, 1, 1], '/2': [0, 2] }[request.url!] ?? [];
      for (const number of numbers) socket.send(message(number));
    });
    await fleets.open(plan(4));
    const reading = await received(8);
    assert.equal(reading.received, 8);
    // The first tab of each process is sampled, 0 and 2.
    assert.equal(reading.latencies.length, 5);
    assert.deepEqual(await fleets.settle([3, 3, 3, 0]), { lost: 2, doubled: 1, late: 0 });
  });

  test('does not count what the server says by itself', async () => {
    server.on('connection', (socket) => {
      socket.send('{"action":"sys/welcome","details":[]}');
      socket.send(`{"action":"sys/other","details":["${'x'.repeat(100)}"]}`);
      socket.send(message(0));
    });
    await fleets.open(plan(1));
    await received(1);
    assert.deepEqual(await fleets.settle([1]), { lost: 0, doubled: 0, late: 0 });
  });

  test('names the first tab that is not let in', async () => {
    server.on('connection', (socket, request) => {
      if (request.url === '/2') socket.close(4401);
      else socket.send('{"action":"sys/welcome","details":[]}');
    });
    await assert.rejects(fleets.open(plan(4)), /a tab at \/2: closed with 4401 before the welcome/);
  });
});
