import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Latencies } from '../../src/books/latency.js';
import { noLosses } from '../../src/books/ledger.js';
import { encodeText, usualTextBytes } from '../../src/books/message.js';
import { Fleets } from '../../src/fleet/fleets.js';
import type { FleetPlan } from '../../src/fleet/plan.js';
import { frameOf, type Peer, startPeer, until, welcome } from '../support/peer.js';

const message = (stream: number, number: number) =>
  frameOf(encodeText(usualTextBytes, { stamp: 1_000_000, stream, number }));

/** Tabs in child processes, two in each, against another implementation of RFC 6455. Tab n is in stream n. */
describe('Fleets', { timeout: 60_000 }, () => {
  let peer: Peer;
  let fleets: Fleets;

  beforeEach(async () => {
    peer = await startPeer();
    fleets = new Fleets({ tabsPerProcess: 2 });
  });

  afterEach(() => {
    fleets.stop();
    peer.close();
  });

  const pace = { perSecond: 10_000, inFlight: 2 };
  const plan = (tabs: number): FleetPlan => ({
    ...pace,
    servers: [{ host: peer.host, port: peer.port }],
    dialect: {},
    textBytes: usualTextBytes,
    tabs: Array.from({ length: tabs }, (_, tab) => ({ path: `/${tab}`, protocols: [], streams: [tab] })),
  });

  test('opens every tab of the plan, and books what each gets', async () => {
    peer.server.on('connection', (socket, request) => {
      socket.send(welcome);
      const tab = Number(request.url!.slice(1));
      for (const number of [[0, 1, 2], [0, 1, 1], [0, 2], []][tab]!) socket.send(message(tab, number));
    });
    await fleets.open(plan(4));
    const latencies = new Latencies();
    await until('8 messages', async () => {
      const reading = await fleets.read();
      latencies.add(Latencies.decode(reading.latencies));
      return reading.received === 8;
    });
    // The first tab of each process is sampled, 0 and 2.
    assert.equal(latencies.count, 5);
    assert.deepEqual(await fleets.settle([3, 3, 3, 0]), { ...noLosses, lost: 2, doubled: 1 });
  });

  test('starts its processes ahead of time, and no others when it opens', async () => {
    peer.server.on('connection', (socket, request) => {
      socket.send(welcome);
      socket.send(message(Number(request.url!.slice(1)), 0));
    });
    await fleets.prepare(4);
    await fleets.open(plan(4));
    const latencies = new Latencies();
    await until('4 messages', async () => {
      const reading = await fleets.read();
      latencies.add(Latencies.decode(reading.latencies));
      return reading.received === 4;
    });
    // One in each process.
    assert.equal(latencies.count, 2);
  });

  test('does not count what the server says by itself', async () => {
    peer.server.on('connection', (socket) => {
      socket.send(welcome);
      socket.send(`{"action":"sys/other","details":["${'x'.repeat(100)}"]}`);
      socket.send(message(0, 0));
    });
    await fleets.open(plan(1));
    await until('a message', async () => (await fleets.read()).received > 0);
    assert.deepEqual(await fleets.settle([1]), noLosses);
  });

  test('names the first tab that is not let in', async () => {
    peer.server.on('connection', (socket, request) => {
      if (request.url === '/2') socket.close(4401);
      else socket.send(welcome);
    });
    await assert.rejects(fleets.open(plan(4)), /a tab at .*\/2: closed with 4401 before the welcome/);
  });

  test('cuts all connections, and reopens all, of every process', async () => {
    peer.server.on('connection', (socket) => socket.send(welcome));
    await fleets.open(plan(4));
    await fleets.cut();
    await until('no connections', () => peer.server.clients.size === 0);
    assert.equal((await fleets.read()).open, 0);
    await fleets.reopen(pace);
    const { open, reconnects, closes } = await fleets.read();
    assert.deepEqual({ open, reconnects, closes }, { open: 4, reconnects: 4, closes: {} });
  });

  test('gives tabs to servers in turn, whichever process they are in', async () => {
    const others = [await startPeer(), await startPeer()];
    const seen: string[][] = [[], [], []];
    for (const [index, { server }] of [peer, ...others].entries())
      server.on('connection', (socket, request) => {
        seen[index]!.push(request.url!);
        socket.send(welcome);
      });
    await fleets.open({ ...plan(6), servers: [peer, ...others].map(({ host, port }) => ({ host, port })) });
    for (const other of others) other.close();
    assert.deepEqual(
      seen.map((paths) => paths.sort()),
      [
        ['/0', '/3'],
        ['/1', '/4'],
        ['/2', '/5'],
      ],
    );
  });
});
