import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { BrokerUnavailable, OutcomeUnknown } from '../../src/broker/broker.js';
import { type Cable, layCable } from '../support/cable.js';
import { Recorder } from '../support/recorder.js';
import { until } from '../support/until.js';
import { Bench, become, expectDelivery } from './redis-bench.js';
import { publish } from './suite.js';

const bench = new Bench();

describe('Redis restarts', { timeout: 30_000 }, () => {
  test('all that was wanted before and meanwhile is subscribed when the broker is live again', async () => {
    const { broker, heard } = await bench.open();
    const before = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
    await Promise.all(before.map((channel) => broker.subscribe(channel)));
    await bench.redis.kill();
    await become(broker, 'down');
    await assert.rejects(publish(broker, 'user:0', 'x'), BrokerUnavailable);
    await assert.rejects(publish(broker, 'user:0', 'x', 'key'), BrokerUnavailable);
    broker.unsubscribe('user:999');
    const meanwhile = broker.subscribe('group:late');
    await bench.redis.restart();
    await become(broker, 'live');
    const counts = await Promise.all(before.map((channel) => publish(broker, channel, channel)));
    assert.deepEqual(
      counts.map(({ gateways }) => gateways),
      [...Array(999).fill(1), 0],
    );
    await meanwhile;
    await expectDelivery(broker, heard, 'group:late');
    assert.equal(heard.publications.length, 1000);
    assert.deepEqual(heard.states, ['live', 'down', 'live']);
  });

  test('a restart in the midst of subscribing', async () => {
    const { broker, heard } = await bench.open();
    const channels = Array.from({ length: 5000 }, (_, i) => `user:${i}`);
    const confirmed = channels.map((channel) => broker.subscribe(channel));
    await confirmed[0];
    await bench.redis.restart();
    await Promise.all(confirmed);
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'user:4999');
  });

  test('what was under way when Redis died has an unknown outcome', async () => {
    const { broker } = await bench.open();
    bench.redis.stop();
    const underWay = [publish(broker, 'a', 'x'), publish(broker, 'a', 'x', 'k')];
    const settled = Promise.allSettled(underWay);
    await new Promise(setImmediate);
    await bench.redis.restart();
    for (const outcome of await settled)
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof OutcomeUnknown);
  });

  test('start waits for a Redis that is not there yet', async () => {
    await bench.redis.kill();
    const broker = bench.create();
    const started = broker.start(new Recorder());
    const subscribed = broker.subscribe('a');
    await bench.logged('ECONNREFUSED');
    assert.equal(broker.state, 'starting');
    await bench.redis.restart();
    await started;
    await subscribed;
    assert.equal(broker.state, 'live');
  });
});

describe('Redis stops and goes on', { timeout: 30_000 }, () => {
  test('sends fail, then at once, and everything flows again over the same connections', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    const before = await bench.connections();
    bench.redis.stop();
    const meanwhile = broker.subscribe('b');
    await assert.rejects(publish(broker, 'a', 'unknown'), OutcomeUnknown);
    assert.equal(broker.state, 'down');
    await assert.rejects(publish(broker, 'a', 'refused'), BrokerUnavailable);
    bench.redis.cont();
    await become(broker, 'live');
    await meanwhile;
    await expectDelivery(broker, heard, 'b');
    await expectDelivery(broker, heard, 'a');
    assert.ok(!heard.in('a').includes('refused'));
    assert.deepEqual(await bench.connections(), before);
    assert.deepEqual(heard.states, ['live', 'down', 'live']);
  });

  test('a silence is noticed though nobody publishes', async () => {
    const { broker } = await bench.open();
    bench.redis.stop();
    await become(broker, 'down');
    bench.redis.cont();
    await become(broker, 'live');
  });

  test('a repetition after an unknown outcome publishes once', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    bench.redis.stop();
    await assert.rejects(publish(broker, 'a', 'once', 'again'), OutcomeUnknown);
    bench.redis.cont();
    await become(broker, 'live');
    await publish(broker, 'a', 'once', 'again');
    await publish(broker, 'a', 'end');
    await until('the end', () => heard.in('a').includes('end'));
    assert.deepEqual(heard.in('a'), ['once', 'end']);
  });
});

describe('a connection is lost or deaf', { timeout: 30_000 }, () => {
  let cable: Cable;

  beforeEach(async () => {
    cable = await layCable(bench.redis.port);
  });
  afterEach(() => cable.close());

  const throughCable = () => bench.open({ url: `redis://127.0.0.1:${cable.port}` });

  test('a listen connection that Redis closes is made again', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    await bench.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('the loss to be noticed', () => heard.states.includes('down'));
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'a');
  });

  test('a command connection that Redis closes is made again', async () => {
    const { broker, heard } = await bench.open();
    await broker.subscribe('a');
    await bench.redis.cli('CLIENT', 'KILL', 'ID', (await bench.connections())['command']!);
    await until('the loss to be noticed', () => heard.states.includes('down'));
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'a');
  });

  test('a listen connection that hears nothing any more is found and replaced', async () => {
    const { broker, heard } = await throughCable();
    await broker.subscribe('a');
    await expectDelivery(broker, heard, 'a');
    cable.swallow(':listen');
    await until('the deafness to be found', () => heard.states.includes('down'));
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'a');
    await bench.logged('delivers nothing');
  });

  test('a cable that is cut and healed', async () => {
    const { broker, heard } = await throughCable();
    await broker.subscribe('a');
    cable.cut();
    await become(broker, 'down');
    const meanwhile = broker.subscribe('b');
    cable.heal();
    await become(broker, 'live');
    await meanwhile;
    await expectDelivery(broker, heard, 'a');
    await expectDelivery(broker, heard, 'b');
  });

  test('channels that come and go while Redis is slow are in the end as they are wanted', async () => {
    const { broker, heard } = await throughCable();
    await broker.subscribe('left');
    cable.stall();
    broker.unsubscribe('left');
    const wanted: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) {
      wanted.push(broker.subscribe('flapping'));
      await new Promise(setImmediate);
      broker.unsubscribe('flapping');
    }
    wanted.push(broker.subscribe('flapping'));
    cable.resume();
    await Promise.all(wanted);
    await become(broker, 'live');
    await expectDelivery(broker, heard, 'flapping');
    await until('the other to be left', async () => (await publish(broker, 'left', '')).gateways === 0);
  });

  test('a listen connection that Redis closes because it reads too slowly is made again', async () => {
    await bench.redis.config('client-output-buffer-limit', 'pubsub 1mb 0 0');
    const [slow, other] = [await throughCable(), await bench.open({ gateway: 'g2' })];
    await slow.broker.subscribe('a');
    cable.stall();
    const megabyte = 'x'.repeat(1 << 20);
    await until('Redis to close it', async () => (await publish(other.broker, 'a', megabyte)).gateways === 0);
    cable.resume();
    await until('the loss to be noticed', () => slow.heard.states.includes('down'));
    await become(slow.broker, 'live');
    await expectDelivery(slow.broker, slow.heard, 'a');
  });
});
