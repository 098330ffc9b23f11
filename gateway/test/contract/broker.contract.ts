import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  type Broker,
  BrokerUnavailable,
  IdempotencyConflict,
  type Published,
} from '../../src/broker/broker.js';
import { Recorder } from '../support/recorder.js';
import { until } from '../support/until.js';

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
  describe(`broker contract: ${name}`, () => {
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
    describeLife(open, (gateway) => carrier.create(gateway));
  });
}

type Open = () => Promise<{ broker: Broker; heard: Recorder }>;

function publish(broker: Broker, channel: string, text: string, idempotencyKey?: string): Promise<Published> {
  const bytes = Buffer.from(text);
  return broker.publish({ channel, bytes, ...(idempotencyKey !== undefined && { idempotencyKey }) });
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

  test('a subscription given up before its confirmation is confirmed with the next one', async () => {
    const { broker } = await open();
    const first = broker.subscribe('a');
    broker.unsubscribe('a');
    await broker.subscribe('a');
    await first;
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

function describePublications(open: Open): void {
  test('every subscribed gateway gets it, the publisher included, and is counted', async () => {
    const [a, b, c] = await Promise.all([open(), open(), open()]);
    assert.deepEqual(await publish(a.broker, 'all', 'zero'), { gateways: 0, position: null });
    await a.broker.subscribe('all');
    assert.deepEqual(await publish(c.broker, 'all', 'one'), { gateways: 1, position: null });
    await b.broker.subscribe('all');
    assert.deepEqual(await publish(a.broker, 'all', 'two'), { gateways: 2, position: null });
    await until('all', () => a.heard.in('all').length === 2 && b.heard.in('all').length === 1);
    assert.deepEqual(a.heard.in('all'), ['one', 'two']);
    assert.deepEqual(b.heard.in('all'), ['two']);
    assert.deepEqual(c.heard.publications, []);
  });

  test('every subscriber sees one order, and it keeps that of each publisher', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    await Promise.all([a.broker.subscribe('all'), b.broker.subscribe('all')]);
    const sent: Promise<Published>[] = [];
    for (let i = 0; i < 300; i++) {
      const key = i % 3 === 0 ? `order-${i}` : undefined;
      sent.push(publish(a.broker, 'all', `a${i}`, key && `a-${key}`));
      sent.push(publish(b.broker, 'all', `b${i}`, key && `b-${key}`));
      if (i % 50 === 0) await sent.at(-1);
    }
    await Promise.all(sent);
    await until('all', () => [a, b].every(({ heard }) => heard.in('all').length === 600));
    assert.deepEqual(a.heard.in('all'), b.heard.in('all'));
    for (const publisher of ['a', 'b']) {
      const own = a.heard.in('all').filter((text) => text.startsWith(publisher));
      assert.deepEqual(own, Array.from({ length: 300 }, (_, i) => `${publisher}${i}`));
    }
  });

  test('bytes arrive as they were', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('a');
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const part = everyByte.subarray(250);
    const large = Buffer.alloc(1 << 20, 'tab\r\n$5\r\n');
    const all = [everyByte, part, new Uint8Array(0), large];
    for (const bytes of all) await broker.publish({ channel: 'a', bytes });
    await broker.publish({ channel: 'a', bytes: part, idempotencyKey: 'bytes' });
    await until('all', () => heard.publications.length === 5);
    const arrived = heard.publications.map(({ bytes }) => bytes.toString('hex'));
    assert.deepEqual(
      arrived,
      [...all, part].map((bytes) => Buffer.from(bytes).toString('hex')),
    );
  });

  test('bytes may be used again when publish has resolved', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('a');
    const bytes = Buffer.from('first');
    await broker.publish({ channel: 'a', bytes });
    bytes.write('other');
    await until('it', () => heard.publications.length === 1);
    assert.deepEqual(heard.in('a'), ['first']);
  });
}

function describeChannels(open: Open): void {
  const channels = [
    'user:',
    'user:a b',
    'user:a\nb\r\n',
    'user:{p1}',
    'user:*?[a]\\',
    'user:a:b',
    'user:a%3Ab',
    'user:\0',
    'user:__proto__',
    'constructor',
    'user:Zoë',
    'user:Zoe\u0308',
    'user:東京 🗼',
    `user:${'x'.repeat(128)}`,
    `group:${'é'.repeat(64)}`,
  ];

  test('any text is a channel of its own', async () => {
    const { broker, heard } = await open();
    await Promise.all(channels.map((channel) => broker.subscribe(channel)));
    for (const [i, channel] of channels.entries())
      assert.equal((await publish(broker, channel, `${i}`)).gateways, 1, channel);
    await until('all', () => heard.publications.length >= channels.length);
    assert.deepEqual(
      heard.publications.map(({ channel, bytes }) => [channel, bytes.toString()]),
      channels.map((channel, i) => [channel, `${i}`]),
    );
  });

  test('any text is an idempotency key of its own', async () => {
    const { broker } = await open();
    for (const key of [...channels, '']) await publish(broker, 'keys', `for ${key}`, key);
    await assert.rejects(publish(broker, 'keys', 'other', channels[2]), IdempotencyConflict);
  });
}

function describeIdempotency(open: Open): void {
  test('a repetition publishes nothing and answers what the first one answered', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    await a.broker.subscribe('a');
    const first = await publish(a.broker, 'a', 'once', 'k1');
    await b.broker.subscribe('a');
    assert.equal((await publish(a.broker, 'a', 'fence')).gateways, 2);
    assert.deepEqual(await publish(b.broker, 'a', 'once', 'k1'), first);
    assert.deepEqual(await publish(a.broker, 'a', 'once', 'k1'), first);
    await publish(a.broker, 'a', 'end');
    await until('the end', () => a.heard.in('a').includes('end'));
    assert.deepEqual(a.heard.in('a'), ['once', 'fence', 'end']);
  });

  test('simultaneous repetitions publish once', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('a');
    const answers = await Promise.all(Array.from({ length: 10 }, () => publish(broker, 'a', 'once', 'k2')));
    assert.deepEqual(answers, Array(10).fill({ gateways: 1, position: null }));
    await publish(broker, 'a', 'end');
    await until('the end', () => heard.in('a').includes('end'));
    assert.deepEqual(heard.in('a'), ['once', 'end']);
  });

  test('other bytes under a used key are refused and not published', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('a');
    await publish(broker, 'a', 'first', 'k3');
    await assert.rejects(publish(broker, 'a', 'second', 'k3'), IdempotencyConflict);
    await publish(broker, 'a', 'end');
    await until('the end', () => heard.in('a').includes('end'));
    assert.deepEqual(heard.in('a'), ['first', 'end']);
  });

  test('a key belongs to its channel', async () => {
    const { broker } = await open();
    await Promise.all([broker.subscribe('a'), broker.subscribe('b')]);
    await publish(broker, 'a', 'to a', 'k4');
    assert.equal((await publish(broker, 'b', 'to b', 'k4')).gateways, 1);
  });

  test('a key is forgotten after the idempotency time', async () => {
    const { broker } = await open();
    await publish(broker, 'a', 'first', 'k5');
    await assert.rejects(publish(broker, 'a', 'second', 'k5'), IdempotencyConflict);
    await until('the key to be forgotten', () => publish(broker, 'a', 'second', 'k5'));
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

  test('close rejects a subscription that was given up', async () => {
    const { broker } = await open();
    const pending = assert.rejects(broker.subscribe('a'), BrokerUnavailable);
    broker.unsubscribe('a');
    await broker.close();
    await pending;
  });
}
