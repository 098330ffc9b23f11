import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdempotencyConflict, type Published } from '../../src/broker/broker.js';
import { until } from '../support/until.js';
import { type Open, publish } from './suite.js';

/** Counts, order, bytes. */
export function describePublications(open: Open): void {
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
      assert.deepEqual(
        own,
        Array.from({ length: 300 }, (_, i) => `${publisher}${i}`),
      );
    }
  });

  test('bytes arrive as they were', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('a');
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const part = everyByte.subarray(250);
    const large = Buffer.alloc(1 << 20, 'tab\r\n$5\r\n');
    const positions = ['1-1 x', '1-1', ' 1-1 x', ' '].map((text) => Buffer.from(text));
    const all = [everyByte, part, new Uint8Array(0), large, ...positions];
    for (const bytes of all) await broker.publish({ channel: 'a', bytes });
    await broker.publish({ channel: 'a', bytes: part, idempotencyKey: 'bytes' });
    await until('all', () => heard.publications.length === all.length + 1);
    for (const { position } of heard.publications) assert.equal(position, null);
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

/** What may be a channel or a key. */
export function describeChannels(open: Open): void {
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
    assert.equal(heard.publications.length, channels.length);
    for (const [i, channel] of channels.entries()) assert.deepEqual(heard.in(channel), [`${i}`]);
  });

  test('any text is an idempotency key of its own', async () => {
    const { broker } = await open();
    for (const key of [...channels, '']) await publish(broker, 'keys', `for ${key}`, key);
    await assert.rejects(publish(broker, 'keys', 'other', channels[2]), IdempotencyConflict);
  });
}

/** Repetitions and conflicts. */
export function describeIdempotency(open: Open): void {
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
