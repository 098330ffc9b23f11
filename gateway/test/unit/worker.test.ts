import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock, test } from 'node:test';
import type { ToSupervisor, ToWorker } from '../../src/workers/messages.js';
import { Worker } from '../../src/workers/worker.js';

/** A worker at its end of the channel, which is made of events here. */
class Channel extends EventEmitter {
  connected = true;
  readonly said: ToSupervisor[] = [];
  readonly exits: number[] = [];

  send(message: ToSupervisor): void {
    this.said.push(message);
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  hear(message: ToWorker): void {
    this.emit('message', message);
  }
}

const commission = { args: ['start', '--anonymous'], config: {} };

async function join() {
  const channel = new Channel();
  const joined = Worker.join(channel);
  channel.hear({ kind: 'begin', number: 2, commission, carried: undefined });
  return { channel, worker: await joined };
}

/** A worker whose gateway notes the signals that it is to act on. */
async function joinWithGateway() {
  const joined = await join();
  const acted: string[] = [];
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    joined.worker.on(signal, () => acted.push(signal));
  return { ...joined, acted };
}

test('learns from its supervisor what it is to be', async () => {
  const { worker } = await join();
  assert.equal(worker.number, 2);
  assert.deepEqual(worker.commission, commission);
});

test('acts on signals that its supervisor passes on, not on those of the system', async () => {
  const { acted, channel } = await joinWithGateway();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) channel.emit(signal);
  assert.deepEqual(acted, []);
  for (const signal of ['SIGHUP', 'SIGTERM', 'SIGTERM'] as const) channel.hear({ kind: 'signal', signal });
  assert.deepEqual(acted, ['SIGHUP', 'SIGTERM', 'SIGTERM']);
});

test('without its supervisor it leaves in order', async () => {
  const { acted, channel, worker } = await joinWithGateway();
  channel.connected = false;
  channel.emit('disconnect');
  assert.deepEqual(acted, ['SIGTERM']);
  worker.become(false);
  assert.deepEqual(channel.said, [], 'nobody is there to be told');
  assert.deepEqual(channel.exits, []);
});

test('while it has no gateway yet, it just ends', async () => {
  const early = await join();
  early.channel.hear({ kind: 'signal', signal: 'SIGHUP' });
  assert.deepEqual(early.channel.exits, []);
  early.channel.hear({ kind: 'signal', signal: 'SIGTERM' });
  assert.deepEqual(early.channel.exits, [0]);
  const lost = new Channel();
  void Worker.join(lost);
  lost.emit('disconnect');
  assert.deepEqual(lost.exits, [1]);
});

test('two who ask for the figures of all at the same time both get them', async () => {
  const { channel, worker } = await join();
  const both = [worker.gather(), worker.gather()];
  assert.deepEqual(channel.said, [{ kind: 'gather' }, { kind: 'gather' }]);
  const gathered = { fresh: [], stale: [] };
  for (const _ of both) channel.hear({ kind: 'gathered', gathered });
  assert.deepEqual(await Promise.all(both), [gathered, gathered]);
});

test('a supervisor that does not answer is an error, and late answers find nobody', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { channel, worker } = await join();
    const asked = worker.gather();
    mock.timers.tick(3000);
    await assert.rejects(asked, /the supervisor did not answer within 3000 ms/);
    channel.hear({ kind: 'gathered', gathered: { fresh: [], stale: [] } });
  } finally {
    mock.timers.reset();
  }
});
