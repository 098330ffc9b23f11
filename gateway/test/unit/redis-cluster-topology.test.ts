import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import { Topology } from '../../src/broker/redis/cluster/topology.js';
import { Names } from '../../src/broker/redis/names.js';
import { until } from '../support/until.js';

/** Slots from first to last, and the port of who has them. */
type Range = readonly [first: number, last: number, port: number];

/** What a node of a cluster answers to whom asks it who has what, and to nothing else than that. */
class Node {
  ranges: readonly Range[] = [];
  readonly #server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const [, command] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
        socket.write(this.#answer(command!.toLowerCase()));
    });
  }).listen(0, '127.0.0.1');

  async listening(): Promise<number> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  #answer(command: string): string {
    if (command === 'hello') return '%1\r\n+proto\r\n:3\r\n';
    if (command !== 'cluster') return '+OK\r\n';
    const lines = this.ranges.map(
      ([first, last, port]) =>
        `*3\r\n:${first}\r\n:${last}\r\n*3\r\n$9\r\n127.0.0.1\r\n:${port}\r\n$2\r\nid\r\n`,
    );
    return `*${lines.length}\r\n${lines.join('')}`;
  }
}

test('while a master is missing others are asked too: who was asked may be cut off', {
  timeout: 30_000,
}, async (t) => {
  const [cutOff, majority] = [new Node(), new Node()];
  const [old, other] = [await cutOff.listening(), await majority.listening()];
  const promoted = 1;
  cutOff.ranges = [
    [0, 8191, old],
    [8192, 16_383, other],
  ];
  majority.ranges = [
    [0, 8191, promoted],
    [8192, 16_383, other],
  ];
  const options = {
    ...{ url: `redis+cluster://127.0.0.1:${old}`, prefix: 'test', gateway: 'g', timeout: 500 },
    ...{ probeInterval: 1000, idempotencyTtl: 1000, log: pino({ level: 'silent' }) },
  };
  const topology = new Topology(options, new Names('test'), {
    looked: () => topology.ownerOf(0) !== `127.0.0.1:${old}`,
    moved: () => assert.fail('nothing has moved'),
    refused: (sentence) => assert.fail(sentence),
  });
  t.after(() => {
    topology.close();
    for (const node of [cutOff, majority]) node.close();
  });
  topology.open();
  await until('the new master to be known', () => topology.ownerOf(0) === `127.0.0.1:${promoted}`);
});
