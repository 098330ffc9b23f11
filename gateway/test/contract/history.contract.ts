import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { BrokerUnavailable, IdempotencyConflict, type Published } from '../../src/broker/broker.js';
import { until } from '../support/until.js';
import { type Open, plenty, publish, publishKept, readTexts } from './suite.js';

/** Counts that have no holes. */
export function describePositions(open: Open): void {
  test('a channel stands at offset 0 before anything was kept, and its publications are counted from 1', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('counted');
    const nothing = await broker.read({ channel: 'counted', limit: 10 });
    const epoch = epochOf(nothing.position);
    assert.deepEqual(nothing, { position: `${epoch}-0`, entries: [], complete: true });
    const answers = [];
    for (const text of ['a', 'b', 'c']) answers.push(await publishKept(broker, 'counted', text));
    await until('all', () => heard.publications.length === 3);
    const positions = [1, 2, 3].map((offset) => `${epoch}-${offset}`);
    assert.deepEqual(answers, positions);
    assert.deepEqual(
      heard.publications.map(({ bytes, position }) => [bytes.toString(), position]),
      ['a', 'b', 'c'].map((text, i) => [text, positions[i]]),
    );
  });

  test('brokers that publish and ask at once agree on every position', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    await Promise.all([a, b].map(({ broker }) => broker.subscribe('agreed')));
    const sent: Promise<[string, string]>[] = [];
    const send = async ({ broker }: typeof a, text: string): Promise<[string, string]> => [
      await publishKept(broker, 'agreed', text, { size: 1000, age: 60_000 }),
      text,
    ];
    for (let i = 0; i < 200; i++) {
      sent.push(send(a, `a${i}`), send(b, `b${i}`));
      if (i % 50 === 0) await (i % 100 === 0 ? a : b).broker.read({ channel: 'agreed', limit: 0 });
    }
    const answers = await Promise.all(sent);
    await until('all', () => [a, b].every(({ heard }) => heard.publications.length === 400));
    const [byA, byB] = [a, b].map(({ heard }) =>
      heard.publications.map(({ position, bytes }) => [position, bytes.toString()]),
    );
    assert.deepEqual(byA, byB);
    const { position, entries } = await b.broker.read({ channel: 'agreed', limit: 1000 });
    assert.deepEqual(
      entries.map((entry) => [entry.position, Buffer.from(entry.bytes).toString()]),
      byA,
    );
    assert.deepEqual(
      entries.map((entry) => entry.position),
      Array.from({ length: 400 }, (_, i) => `${epochOf(position)}-${i + 1}`),
    );
    assert.deepEqual(new Map(answers), new Map(byA as [string, string][]));
  });

  test('what is not kept has no position and leaves no trace, and comes in its place', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('mixed');
    const first = await publishKept(broker, 'mixed', 'kept 1');
    assert.equal((await publish(broker, 'mixed', 'plain')).position, null);
    assert.equal((await publish(broker, 'mixed', 'keyed', 'not kept')).position, null);
    assert.deepEqual(await readTexts(broker, 'mixed'), { texts: ['kept 1'], complete: true });
    const second = await publishKept(broker, 'mixed', 'kept 2');
    assert.equal(second, next(first));
    await until('all', () => heard.publications.length === 4);
    assert.deepEqual(
      heard.publications.map(({ bytes, position }) => [bytes.toString(), position]),
      [
        ['kept 1', first],
        ['plain', null],
        ['keyed', null],
        ['kept 2', second],
      ],
    );
  });

  test('what is published in one go arrives in order, however it is published', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('at once');
    const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
    const answers = await Promise.all(
      texts.map((text, index) => {
        const publication = { channel: 'at once', bytes: Buffer.from(text) };
        if (index % 10 === 7) return broker.publish(publication);
        if (index % 10 === 9) return broker.publish({ ...publication, keep: plenty, idempotencyKey: text });
        return broker.publish({ ...publication, keep: plenty });
      }),
    );
    const kept = answers.flatMap(({ position }) => position ?? []);
    for (const [index, position] of kept.slice(1).entries()) assert.equal(position, next(kept[index]!));
    assert.equal(kept.length, 90);
    assert.ok(answers.every(({ gateways }) => gateways === 1));
    await until('all', () => heard.publications.length === texts.length);
    assert.deepEqual(heard.in('at once'), texts);
    assert.deepEqual(
      heard.publications.map(({ position }) => position),
      answers.map(({ position }) => position),
    );
  });

  test('a repetition is kept once, and answers what the first one answered, on any gateway', async () => {
    const [a, b] = await Promise.all([open(), open()]);
    await a.broker.subscribe('once');
    const send = (broker: typeof a.broker, text: string): Promise<Published> =>
      broker.publish({ channel: 'once', bytes: Buffer.from(text), idempotencyKey: 'k', keep: plenty });
    const first = await send(a.broker, 'first');
    assert.equal(first.gateways, 1);
    assert.equal(parsePosition(first.position ?? '')?.offset, 1);
    assert.deepEqual(await send(b.broker, 'first'), first);
    assert.deepEqual(await publish(b.broker, 'once', 'first', 'k'), first);
    await assert.rejects(send(b.broker, 'other'), IdempotencyConflict);
    await publishKept(a.broker, 'once', 'end');
    await until('the end', () => a.heard.in('once').includes('end'));
    assert.deepEqual(a.heard.in('once'), ['first', 'end']);
    assert.deepEqual(await readTexts(b.broker, 'once'), { texts: ['first', 'end'], complete: true });
  });

  test('bytes are kept as they were', async () => {
    const { broker, heard } = await open();
    await broker.subscribe('bytes');
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const large = Buffer.alloc(1 << 20, 'tab\r\n$5\r\n');
    const used = Buffer.from('first');
    const texts = ['1-1 x', ' ', '{"a":1}'].map((text) => Buffer.from(text));
    const all = [everyByte, everyByte.subarray(250), new Uint8Array(0), large, ...texts, used];
    const expected = all.map((bytes) => Buffer.from(bytes).toString('hex'));
    for (const bytes of all) await broker.publish({ channel: 'bytes', bytes, keep: plenty });
    used.write('other');
    await until('all', () => heard.publications.length === all.length);
    assert.deepEqual(
      heard.publications.map(({ bytes }) => bytes.toString('hex')),
      expected,
    );
    const first = await broker.read({ channel: 'bytes', limit: 100 });
    const hex = () => first.entries.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    assert.deepEqual(hex(), expected);
    for (const { bytes } of first.entries) bytes.fill(0);
    const second = await broker.read({ channel: 'bytes', limit: 100 });
    assert.deepEqual(
      second.entries.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      expected,
    );
  });
}

/** What is asked for, and whether it is all. */
export function describeReading(open: Open): void {
  test('reads what came after a position, the oldest first, no more than asked for', async () => {
    const { broker } = await open();
    const at: string[] = [];
    for (const text of ['1', '2', '3', '4', '5']) at.push(await publishKept(broker, 'read', text));
    const read = (after?: string, limit?: number) => readTexts(broker, 'read', after, limit);
    assert.deepEqual(await read(), { texts: ['1', '2', '3', '4', '5'], complete: true });
    assert.deepEqual(await read(undefined, 2), { texts: ['1', '2'], complete: true });
    assert.deepEqual(await read(`${epochOf(at[0]!)}-0`), {
      texts: ['1', '2', '3', '4', '5'],
      complete: true,
    });
    assert.deepEqual(await read(at[1]), { texts: ['3', '4', '5'], complete: true });
    assert.deepEqual(await read(at[1], 1), { texts: ['3'], complete: true });
    assert.deepEqual(await read(at[4]), { texts: [], complete: true });
    assert.deepEqual(await read(at[4], 0), { texts: [], complete: true });
    assert.deepEqual(await read(at[1], 0), { texts: [], complete: false });
    assert.equal((await broker.read({ channel: 'read', after: at[1], limit: 0 })).position, at[4]);
  });

  test('nothing asked for from the beginning is all there is only where nothing was kept', async () => {
    const { broker } = await open();
    assert.deepEqual(await readTexts(broker, 'empty', undefined, 0), { texts: [], complete: true });
    await publishKept(broker, 'empty', 'x');
    assert.deepEqual(await readTexts(broker, 'empty', undefined, 0), { texts: [], complete: false });
  });

  test('says of every entry where it stands', async () => {
    const { broker } = await open();
    const at = [await publishKept(broker, 'where', 'a'), await publishKept(broker, 'where', 'b')];
    const { position, entries } = await broker.read({ channel: 'where', limit: 10 });
    assert.deepEqual(
      entries.map((entry) => entry.position),
      at,
    );
    assert.equal(position, at[1]);
  });

  test('what is of another epoch, not yet reached or no position leaves open what is missing', async () => {
    const { broker } = await open();
    const last = await publishKept(broker, 'strange', 'x');
    const epoch = Number(epochOf(last));
    const read = (after: string) => readTexts(broker, 'strange', after);
    for (const after of [`${epoch - 1}-1`, `${epoch + 1}-1`, '0-0', '', 'x', last.slice(0, -2), `${last} `])
      assert.deepEqual(await read(after), { texts: ['x'], complete: false }, after);
    for (const after of [next(last), `${epoch}-999999999999999`])
      assert.deepEqual(await read(after), { texts: [], complete: false }, after);
  });

  test('any text is a channel of its own here too', async () => {
    const { broker } = await open();
    const channels = [
      'user:',
      'user:a b',
      'user:{p1}',
      'user:a:b',
      'user:a%3Ab',
      'user:__proto__',
      'user:東京',
    ];
    for (const channel of channels) await publishKept(broker, channel, channel);
    for (const channel of channels)
      assert.deepEqual(await readTexts(broker, channel), { texts: [channel], complete: true });
  });

  test('before start and after close nothing is read', async () => {
    const { broker } = await open();
    await broker.close();
    await assert.rejects(broker.read({ channel: 'a', limit: 1 }), BrokerUnavailable);
  });
}

/** What is not kept any longer. */
export function describeForgetting(open: Open): void {
  test('of what exceeds the size the oldest goes, and who was there misses it', async () => {
    const { broker } = await open();
    const at: string[] = [];
    const keep = { size: 3, age: 60_000 };
    for (const text of ['1', '2', '3', '4', '5']) at.push(await publishKept(broker, 'small', text, keep));
    const read = (after?: string) => readTexts(broker, 'small', after);
    assert.deepEqual(await read(), { texts: ['3', '4', '5'], complete: false });
    assert.deepEqual(await read(at[0]), { texts: ['3', '4', '5'], complete: false });
    assert.deepEqual(await read(at[1]), { texts: ['3', '4', '5'], complete: true });
    const one = await publishKept(broker, 'small', '6', { size: 1, age: 60_000 });
    assert.deepEqual(await read(at[4]), { texts: ['6'], complete: true });
    assert.deepEqual(await read(one), { texts: [], complete: true });
  });

  test('a large history keeps at least its size', async () => {
    const { broker } = await open();
    const keep = { size: 1100, age: 60_000 };
    await Promise.all(Array.from({ length: 1500 }, (_, i) => publishKept(broker, 'large', `${i}`, keep)));
    const { texts } = await readTexts(broker, 'large', undefined, 2000);
    assert.ok(texts.length >= 1100 && texts.length < 1500, `${texts.length}`);
    assert.equal(texts.at(-1), '1499');
  });

  test('what has expired is missing, but the channel stands where it stood', async () => {
    const { broker } = await open();
    const keep = { size: 10, age: 50 };
    const at = [await publishKept(broker, 'old', 'a', keep), await publishKept(broker, 'old', 'b', keep)];
    const read = (after?: string) => readTexts(broker, 'old', after);
    await until('all to expire', async () => (await read()).texts.length === 0);
    assert.deepEqual(await read(), { texts: [], complete: false });
    assert.deepEqual(await read(at[0]), { texts: [], complete: false });
    assert.deepEqual(await read(at[1]), { texts: [], complete: true });
    const third = await publishKept(broker, 'old', 'c');
    assert.equal(third, next(at[1]!));
    assert.deepEqual(await read(at[1]), { texts: ['c'], complete: true });
    assert.deepEqual(await read(at[0]), { texts: ['c'], complete: false });
  });
}

function epochOf(position: string): string {
  return parsePosition(position)?.epoch ?? assert.fail(`no position: ${position}`);
}

function next(position: string): string {
  const { epoch, offset } = parsePosition(position) ?? assert.fail(`no position: ${position}`);
  return `${epoch}-${offset + 1}`;
}
