import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Broker, BrokerUnavailable } from '../../src/broker/broker.js';
import { Recorder } from '../support/recorder.js';
import { until } from '../support/until.js';
import { describeForgetting, describePositions, describeReading } from './history.contract.js';
import { describeChannels, describeIdempotency, describePublications } from './publications.contract.js';
import { type Open, publish } from './suite.js';

/** What the suite needs of a carrier: gateways that reach one another. */
export interface Carrier {
  /** A broker that has not been started. @param gateway unlike all others */
  create(gateway: string): Broker;
  close(): Promise<void>;
}

/** The idempotency time that every carrier under test is given, in ms. */
export const idempotencyTtl = 400;

/** What every broker must do; `broker.ts` in words. */
export function brokerContract(name: string, prepare: () => Promise<Carrier>): void {
  describe(`broker contract: ${name}`, { timeout: 30_000 }, () => {
    let carrier: Carrier;
    let count = 0;
    const opened: Broker[] = [];

    before(async () => {
      carrier = await prepare();
    });
    after(() => carrier.close());
    afterEach(() => Promise.all(opened.splice(0).map((broker) => broker.close())));

    async function open(): Promise<{ broker: Broker; heard: Recorder }> {
      const broker = carrier.create(`g${count++}`);
      const heard = new Recorder();
      opened.push(broker);
      await broker.start(heard);
      return { broker, heard };
    }

    describeSubscriptions(open);
    describePublications(open);
    describeChannels(open);
    describeIdempotency(open);
    describePositions(open);
    describeReading(open);
    describeForgetting(open);
    describeLife(open, (gateway) => carrier.create(gateway));
  });
}

function describeSubscriptions(open: Open): void {
  test('what is published after the confirmation arrives', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('user:1');
    await publish(broker, 'user:1', 'hello');
    await until('the publication', () => heard.publications.length > 0);
    assert.deepEqual(heard.publications, [
      { channel: 'user:1', bytes: Buffer.from('hello'), position: null },
    ]);
  });

  test('subscribing twice is subscribing once', async () => {
    const { broker, heard } = await open();
    await Promise.all([broker.subscribe('a'), broker.subscribe('a')]);
    await broker.subscribe('a');
    assert.equal((await publish(broker, 'a', 'one')).gateways, 1);
    await publish(broker, 'a', 'two');
    await until('both', () => heard.in('a').includes('two'));
    assert.deepEqual(heard.in('a'), ['one', 'two']);
  });

  test('after unsubscribe publications end', async () => {
    const { broker, heard } = await open();
    await Promise.all([broker.subscribe('a'), broker.subscribe('fence')]);
    broker.unsubscribe('a');
    await until('nobody to be subscribed', async () => (await publish(broker, 'a', 'early')).gateways === 0);
    await publish(broker, 'a', 'late');
    await publish(broker, 'fence', 'x');
    await until('the fence', () => heard.in('fence').length > 0);
    assert.ok(!heard.in('a').includes('late'));
  });

  test('one unsubscribe undoes many subscribes, and more of them do no harm', async () => {
    const { broker } = await open();
    broker.unsubscribe('a');
    await Promise.all([broker.subscribe('a'), broker.subscribe('a')]);
    broker.unsubscribe('a');
    broker.unsubscribe('a');
    await until('nobody to be subscribed', async () => (await publish(broker, 'a', '')).gateways === 0);
  });

  test('a channel that is wanted again at once stays subscribed', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('a');
    for (let i = 0; i < 20; i++) {
      broker.unsubscribe('a');
      await broker.subscribe('a');
      await publish(broker, 'a', `${i}`);
    }
    await until('the last', () => heard.in('a').at(-1) === '19');
    assert.equal(heard.in('a').length, 20);
  });

  test('a subscription given up before its confirmation keeps nobody waiting; the next one is confirmed', async () => {
    const { broker } = await open();
    const first = broker.subscribe('a');
    broker.unsubscribe('a');
    await first;
    await broker.subscribe('a');
    assert.equal((await publish(broker, 'a', '')).gateways, 1);
  });

  test('2000 channels of one moment', async () => {
    const { broker, heard } = await open();
    const channels = Array.from({ length: 2000 }, (_, i) => `user:${i}`);
    await Promise.all(channels.map((channel) => broker.subscribe(channel)));
    await Promise.all(channels.map((channel) => publish(broker, channel, channel)));
    await until('all', () => heard.publications.length === channels.length);
    for (const channel of channels) assert.deepEqual(heard.in(channel), [channel]);
  });
}

function describeLife(open: Open, create: (gateway: string) => Broker): void {
  test('live from start to close', async () => {
    const unused = create('unused');
    assert.equal(unused.state, 'starting');
    const { broker, heard } = await open();
    assert.equal(broker.state, 'live');
    await broker.close();
    await broker.close();
    assert.equal(broker.state, 'closed');
    assert.deepEqual(heard.states, ['live', 'closed']);
  });

  test('before start and after close nothing is published', async () => {
    await assert.rejects(publish(create('early'), 'a', 'x'), BrokerUnavailable);
    const { broker } = await open();
    await broker.close();
    await assert.rejects(publish(broker, 'a', 'x'), BrokerUnavailable);
  });

  test('close rejects a pending subscription, and subscribing after it rejects', async () => {
    const { broker } = await open();
    const pending = broker.subscribe('a');
    const rejected = assert.rejects(pending, BrokerUnavailable);
    await broker.close();
    await rejected;
    await assert.rejects(broker.subscribe('b'), BrokerUnavailable);
    broker.unsubscribe('b');
  });
}
