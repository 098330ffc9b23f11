import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { WebSocket } from 'ws';
import { Latencies } from '../../src/books/latency.js';
import { noLosses } from '../../src/books/ledger.js';
import { encodeText, usualTextBytes } from '../../src/books/message.js';
import { Fleet } from '../../src/fleet/fleet.js';
import type { FleetPlan } from '../../src/fleet/plan.js';
import { firstText, frameOf, type Peer, startPeer, until, welcome } from '../support/peer.js';

const pace = { perSecond: 10_000, inFlight: 100 };
const textOf = (number: number, stream = 0) => encodeText(usualTextBytes, { stamp: 1e6, stream, number });
const welcomeAt = (positions: object, recovered?: object) =>
  JSON.stringify({ action: 'sys/welcome', details: [{ positions, recovered }] });

describe('Fleet', { timeout: 60_000 }, () => {
  let peer: Peer;
  let fleet: Fleet;

  beforeEach(async () => {
    peer = await startPeer();
    fleet = new Fleet();
  });

  afterEach(() => {
    fleet.cut();
    peer.close();
  });

  const plan = (tabs: number, more: Partial<FleetPlan> = {}): FleetPlan => ({
    ...pace,
    servers: [{ host: peer.host, port: peer.port }],
    dialect: {},
    textBytes: usualTextBytes,
    tabs: Array.from({ length: tabs }, () => ({ path: '/', protocols: ['one'], streams: [0] })),
    sampleEvery: 1,
    ...more,
  });
  const received = (count: number) => until(`${count} messages`, () => fleet.read().received === count);

  test('a tab that the server closes comes back, resumes, and keeps its seat', async () => {
    const resumes: string[] = [];
    const connect = [
      (socket: WebSocket) => {
        socket.send(welcomeAt({ all: '7-0', 'user:1': '9-4' }));
        socket.send(frameOf(textOf(0), ['all', '7-1']));
        socket.close(4000);
      },
      async (socket: WebSocket) => {
        resumes.push(await firstText(socket));
        // The position of the welcome is that of what follows; until it has come, the page stands before.
        socket.send(welcomeAt({ all: '7-2', 'user:1': '9-6' }, { all: true, 'user:1': false }));
        socket.terminate();
      },
      async (socket: WebSocket) => {
        resumes.push(await firstText(socket));
        socket.send(welcomeAt({ all: '7-2', 'user:1': '9-6' }, { all: true, 'user:1': true }));
        socket.send(frameOf(textOf(1), ['all', '7-2']));
      },
    ];
    const protocols: string[] = [];
    peer.server.on('connection', (socket, request) => {
      protocols.push(request.headers['sec-websocket-protocol']!);
      connect.shift()!(socket);
    });
    await fleet.open(plan(1, { comesBack: { within: 5 } }));
    await received(2);
    const { reconnects, unrecovered, closes, open } = fleet.read();
    assert.deepEqual({ reconnects, unrecovered, open }, { reconnects: 2, unrecovered: 1, open: 1 });
    assert.deepEqual(closes, { 4000: 1, 1005: 1 });
    assert.deepEqual(protocols, ['one', 'one, tabcast.resume', 'one, tabcast.resume']);
    assert.deepEqual(
      resumes.map((text) => JSON.parse(text).details[0]),
      [
        { all: '7-1', 'user:1': '9-4' },
        { all: '7-1', 'user:1': '9-6' },
      ],
    );
    assert.deepEqual(fleet.settle([2]), noLosses);
  });

  test('counts a message that comes before the welcome', async () => {
    peer.server.on('connection', (socket) => {
      socket.send(frameOf(textOf(0)));
      socket.send(welcome);
      socket.send(frameOf(textOf(1)));
    });
    await fleet.open(plan(1));
    await received(2);
    assert.deepEqual(fleet.settle([2]), noLosses);
  });

  test('a gap that the server tells of is counted', async () => {
    peer.server.on('connection', (socket) => {
      socket.send(welcomeAt({ all: '7-0' }));
      socket.send('{"at":["all","7-5"],"action":"sys/gap","details":[]}');
      socket.send(frameOf(textOf(0), ['all', '7-6']));
    });
    await fleet.open(plan(1, { comesBack: { within: 5 } }));
    await received(1);
    assert.equal(fleet.read().unrecovered, 1);
  });

  test('a tab tries again when it is refused, and counts it', async () => {
    let refusals = 2;
    peer.server.on('connection', (socket) => {
      if (peer.server.listenerCount('refusing') > 0 && refusals-- > 0) socket.close(4029);
      else socket.send(welcome);
    });
    await fleet.open(plan(1));
    fleet.cut();
    peer.server.on('refusing', () => {});
    await fleet.reopen(pace);
    const { open, failures, reconnects } = fleet.read();
    assert.deepEqual({ open, failures, reconnects }, { open: 1, failures: 2, reconnects: 1 });
  });

  test('without comesBack a tab stays away, and begins anew when it is reopened', async () => {
    const protocols: unknown[] = [];
    peer.server.on('connection', (socket, request) => {
      protocols.push(request.headers['sec-websocket-protocol']);
      socket.send(welcomeAt({ all: '7-0' }));
      if (protocols.length === 1) socket.close(4000);
    });
    await fleet.open(plan(1));
    await until('its close', () => fleet.read().closes[4000] === 1);
    assert.equal(fleet.read().open, 0);
    await fleet.reopen(pace);
    assert.deepEqual(protocols, ['one', 'one']);
  });

  test('slow tabs do not read until they are awakened, and are not sampled', async () => {
    peer.server.on('connection', (socket) => socket.send(welcome));
    await fleet.open(plan(4));
    assert.equal(fleet.slow(2), 2);
    const latencies = new Latencies();
    const reading = (what: string, lost: number) =>
      until(what, () => {
        latencies.add(Latencies.decode(fleet.read().latencies));
        return fleet.settle([2]).lost === lost;
      });
    const send = (number: number) => {
      for (const socket of peer.server.clients) socket.send(frameOf(textOf(number)));
    };
    send(0);
    await reading('what the others get', 6);
    // They have read, so the slow ones had their chance.
    send(1);
    await reading('what the others get', 4);
    fleet.awaken();
    await reading('the rest', 0);
    assert.equal(latencies.count, 4);
  });

  test('a slow tab that comes back is slow again', async () => {
    peer.server.on('connection', (socket) => socket.send(welcome));
    await fleet.open(plan(2));
    fleet.slow(2);
    fleet.cut();
    await fleet.reopen(pace);
    for (const number of [0, 1]) {
      for (const socket of peer.server.clients)
        if (socket.readyState === 1) socket.send(frameOf(textOf(number)));
      await received(number + 1);
    }
    assert.equal(fleet.settle([2]).lost, 2);
    fleet.awaken();
    await received(4);
  });

  test('takes the clock of the sender for its latencies', async () => {
    const machine = Number(process.hrtime.bigint());
    peer.server.on('connection', (socket) => {
      socket.send(welcome);
      socket.send(frameOf(encodeText(usualTextBytes, { stamp: machine, stream: 0, number: 0 })));
    });
    fleet.setClock({ ahead: -5000, error: 2 });
    await fleet.open(plan(1));
    let latencies = new Latencies();
    await until('a latency', () => {
      const reading = fleet.read();
      assert.equal(reading.clockError, 2);
      latencies = Latencies.decode(reading.latencies);
      return latencies.count === 1;
    });
    assert.ok(latencies.percentile(50) > 4990);
  });
});
