import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { minTextBytes, readNumber, readStream } from '../../src/books/message.js';
import { Pipeline } from '../../src/sending/pipeline.js';
import type { PipelineWay, SendPlan } from '../../src/sending/plan.js';
import { Sender } from '../../src/sending/sender.js';

/** A server that gives what it hears to `heard`, and a plan that sends ten lines to it by two connections. */
async function listening(
  t: TestContext,
  heard: (socket: Socket, lines: readonly string[]) => void,
): Promise<SendPlan> {
  const server = createServer((socket) => {
    let rest = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      heard(socket, lines);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const wrappings = [0, 1, 2].map((stream) => ({ head: `${stream}>`, tail: '\n' }));
  return {
    way: { kind: 'pipeline', host: '127.0.0.1', port, answers: 'redis', connections: 2, wrappings },
    ...{ streams: 3, textBytes: minTextBytes, perSecond: 10_000, total: 10 },
  };
}

/** Lets the loop of this process go round so often, with its timers. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('sending by a pipeline', { timeout: 20_000 }, () => {
  test('wraps each text as its stream wants it, in order', async (t) => {
    const numbers: number[][] = [[], [], []];
    const sockets = new Set<Socket>();
    const plan = await listening(t, (socket, lines) => {
      sockets.add(socket);
      for (const line of lines) {
        const text = Buffer.from(line.slice(2));
        assert.equal(Number(line[0]), readStream(text, 0));
        numbers[readStream(text, 0)]!.push(readNumber(text, 0));
        socket.write(line.startsWith('2') ? ':0\r\n' : ':1\r\n');
      }
    });
    const { sent, unheard, refused } = await new Sender().send(plan);
    assert.deepEqual({ sent, unheard, refused }, { sent: [4, 3, 3], unheard: 3, refused: [0, 0, 0] });
    assert.equal(sockets.size, 2);
    assert.deepEqual(numbers, [
      [0, 1, 2, 3],
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('waits for each answer where it shall', async (t) => {
    const underWay = new Map<Socket, number>();
    let most = 0;
    const numbers: number[][] = [[], [], []];
    const plan = await listening(t, (socket, lines) => {
      underWay.set(socket, (underWay.get(socket) ?? 0) + lines.length);
      most = Math.max(most, underWay.get(socket)!);
      for (const line of lines) {
        numbers[Number(line[0])]!.push(readNumber(Buffer.from(line.slice(2)), 0));
        setTimeout(() => {
          underWay.set(socket, 0);
          socket.write(':1\r\n');
        }, 5);
      }
    });
    const way = { ...(plan.way as PipelineWay), waits: true };
    const { sent } = await new Sender().send({ ...plan, way, perSecond: 1000 });
    assert.equal(most, 1);
    assert.deepEqual(sent, [4, 3, 3]);
    assert.deepEqual(numbers, [
      [0, 1, 2, 3],
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('ends when it is stopped, however far the next message is', async (t) => {
    const plan = await listening(t, () => {});
    const sender = new Sender();
    const sending = sender.send({ ...plan, perSecond: 0.001 });
    await turns(20);
    sender.stop();
    assert.deepEqual((await sending).sent, [0, 0, 0]);
  });

  test('lets answers be read while it waits for the next message', async (t) => {
    const plan = await listening(t, () => {});
    const sender = new Sender();
    const sending = sender.send({ ...plan, perSecond: 1 });
    await turns(50);
    assert.equal(sender.progress().sent, 0);
    sender.stop();
    await sending;
  });

  test('fails when the server refuses, were it the last message only', async (t) => {
    let count = 0;
    const plan = await listening(t, (socket, lines) => {
      for (const _ of lines) socket.write(++count === 10 ? '-OOM no memory\r\n' : ':1\r\n');
    });
    await assert.rejects(new Sender().send(plan), /^Error: a message was refused: -OOM no memory$/);
  });

  test('fails when the server answers no more', async (t) => {
    let count = 0;
    const { way, textBytes } = await listening(t, (socket, lines) => {
      for (const _ of lines) if (++count <= 2) socket.write(':1\r\n');
    });
    const pipeline = new Pipeline(way as PipelineWay, textBytes, 50);
    await pipeline.open();
    t.after(() => pipeline.close());
    for (let number = 0; number < 3; number++) pipeline.take({ stamp: 0, stream: 0, number });
    pipeline.flush();
    await assert.rejects(pipeline.settle(), /has answered 2 of 3 messages, and is silent now$/);
  });

  test('fails when the server hangs up', async (t) => {
    const plan = await listening(t, (socket) => socket.destroy());
    await assert.rejects(
      new Sender().send({ ...plan, total: 1_000_000 }),
      /hung up after 0 of \d+ answers|ECONNRESET|EPIPE/,
    );
  });
});
