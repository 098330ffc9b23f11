import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { parsePosition } from '@tabcast/shared';
import { type Broker, BrokerUnavailable, HistoryFull } from '../../src/broker/broker.js';
import type { RedisBrokerOptions } from '../../src/broker/redis/options.js';
import type { Recorder } from '../support/recorder.js';
import { startRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { Bench, become } from './redis-bench.js';
import { publishKept, readTexts } from './suite.js';

const bench = new Bench();

/** What was ever found at a position of channel `a`. Across all faults of this file no position means two things. */
const ledger = new Map<string, string>();

function record(position: string, text: string): void {
  const before = ledger.get(position) ?? text;
  assert.equal(text, before, `${position} is given twice`);
  ledger.set(position, text);
}

/** Every text is another one, so that a position given twice shows. */
let count = 0;

async function keepOne(broker: Broker): Promise<string> {
  const text = `text ${count++}`;
  const position = await publishKept(broker, 'a', text);
  record(position, text);
  return position;
}

async function keepSome(broker: Broker): Promise<string> {
  await Promise.all(Array.from({ length: 9 }, () => keepOne(broker)));
  return keepOne(broker);
}

/** What came and what is kept agrees with the ledger. */
async function expectOneMeaning(broker: Broker, heard: Recorder): Promise<void> {
  for (const { position, bytes } of heard.publications) record(position!, bytes.toString());
  const { entries } = await broker.read({ channel: 'a', limit: 1000 });
  for (const { position, bytes } of entries) record(position, Buffer.from(bytes).toString());
}

async function open(more: Partial<RedisBrokerOptions> = {}): Promise<{ broker: Broker; heard: Recorder }> {
  const opened = await bench.open(more);
  await opened.broker.subscribe('a');
  return opened;
}

function epochOf(position: string): number {
  return Number(parsePosition(position)?.epoch);
}

/** Begins anew: what was before is missing, and what comes now is complete from the new beginning. */
async function expectNewEpoch(broker: Broker, heard: Recorder, last: string): Promise<void> {
  assert.deepEqual(await readTexts(broker, 'a', last), { texts: [], complete: false });
  const first = await keepOne(broker);
  assert.equal(parsePosition(first)?.offset, 1);
  assert.ok(epochOf(first) > epochOf(last), `${first} after ${last}`);
  const text = ledger.get(first)!;
  assert.deepEqual(await readTexts(broker, 'a'), { texts: [text], complete: true });
  await until('it', () => heard.in('a').at(-1) === text);
  await expectOneMeaning(broker, heard);
}

async function restarted(broker: Broker): Promise<void> {
  await bench.redis.restart();
  await until('the loss to be noticed', () => broker.state !== 'live');
  await become(broker, 'live');
}

describe('Redis loses what it kept', { timeout: 30_000 }, () => {
  test('in a restart', async () => {
    const { broker, heard } = await open();
    const last = await keepSome(broker);
    await restarted(broker);
    await expectNewEpoch(broker, heard, last);
  });

  test('in a restart with older data', async () => {
    const { broker, heard } = await open();
    const kept = await keepSome(broker);
    await bench.redis.cli('SAVE');
    await keepSome(broker);
    const last = await keepSome(broker);
    await bench.redis.kill();
    await become(broker, 'down');
    await bench.redis.restart();
    const names = (await bench.redis.cli('KEYS', '*:a')) as string[];
    assert.equal(names.length, 2, 'the dump has head and history');
    await become(broker, 'live');
    assert.deepEqual(await readTexts(broker, 'a', kept), { texts: [], complete: false });
    await expectNewEpoch(broker, heard, last);
  });

  test('in a restart with older data, and a publication is the first to notice', async () => {
    const { broker, heard } = await open();
    await keepSome(broker);
    await bench.redis.cli('SAVE');
    const last = await keepSome(broker);
    await restarted(broker);
    const first = await keepOne(broker);
    assert.ok(epochOf(first) > epochOf(last));
    assert.equal(parsePosition(first)?.offset, 1);
    await expectOneMeaning(broker, heard);
  });

  test('as a replica that is made master again, which the same connections live to see', async () => {
    const { broker, heard } = await bench.openAs('steady');
    await broker.subscribe('a');
    const last = await keepSome(broker);
    const connections = await bench.connections();
    // A probe that meets a replica would have its connection made anew.
    await bench.redis.cli('ACL', 'SETUSER', 'steady', '-eval', '-evalsha');
    await become(broker, 'down');
    await bench.redis.cli('REPLICAOF', '127.0.0.1', '1');
    await bench.redis.cli('REPLICAOF', 'NO', 'ONE');
    await bench.redis.cli('ACL', 'SETUSER', 'steady', '+eval', '+evalsha');
    await become(broker, 'live');
    await expectNewEpoch(broker, heard, last);
    assert.deepEqual(await bench.connections(), connections);
  });

  test('as a replica that is made master again between two probes: who listens is told to catch up', async () => {
    await bench.redis.restart();
    const { broker, heard } = await open({ probeInterval: 2000 });
    const last = await keepSome(broker);
    const connections = await bench.connections();
    await bench.redis.cli('REPLICAOF', '127.0.0.1', '1');
    await bench.redis.cli('REPLICAOF', 'NO', 'ONE');
    await until('the broker to have been away', () => heard.states.length === 3);
    assert.deepEqual(heard.states, ['live', 'down', 'live']);
    assert.deepEqual(await bench.connections(), connections);
    await expectNewEpoch(broker, heard, last);
  });

  test('in a FLUSHALL', async () => {
    const { broker, heard } = await open();
    const last = await keepSome(broker);
    await bench.redis.cli('FLUSHALL');
    await expectNewEpoch(broker, heard, last);
    assert.deepEqual(heard.states, ['live']);
  });

  test('the head alone, as an eviction may take it', async () => {
    const { broker, heard } = await open();
    const last = await keepSome(broker);
    await bench.redis.cli('DEL', await nameOf('h'));
    await expectNewEpoch(broker, heard, last);
    assert.equal(await bench.redis.cli('LLEN', await nameOf('k')), 1, 'the old epoch takes up no room');
  });

  test('the history alone: the count goes on, and what is missing is known', async () => {
    const { broker, heard } = await open();
    const before = await keepOne(broker);
    const last = await keepSome(broker);
    await bench.redis.cli('DEL', await nameOf('k'));
    assert.deepEqual(await readTexts(broker, 'a', before), { texts: [], complete: false });
    assert.deepEqual(await readTexts(broker, 'a', last), { texts: [], complete: true });
    const next = await keepOne(broker);
    assert.equal(parsePosition(next)?.offset, parsePosition(last)!.offset + 1);
    assert.deepEqual(await readTexts(broker, 'a', last), { texts: [ledger.get(next)], complete: true });
    await expectOneMeaning(broker, heard);
  });
});

describe('the history goes on', { timeout: 30_000 }, () => {
  test('when Redis has forgotten the scripts', async () => {
    const { broker, heard } = await open();
    const before = await keepOne(broker);
    await bench.redis.cli('SCRIPT', 'FLUSH');
    assert.equal((await readTexts(broker, 'a', before)).complete, true);
    await bench.redis.cli('SCRIPT', 'FLUSH');
    const next = await keepOne(broker);
    assert.equal(parsePosition(next)?.offset, parsePosition(before)!.offset + 1);
    await expectOneMeaning(broker, heard);
  });

  test('when connections are lost, and Redis is not', async () => {
    const { broker, heard } = await open();
    const before = await keepSome(broker);
    await bench.redis.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until('the loss to be noticed', () => heard.states.includes('down'));
    await become(broker, 'live');
    const next = await keepOne(broker);
    assert.equal(parsePosition(next)?.offset, parsePosition(before)!.offset + 1);
    assert.deepEqual(await readTexts(broker, 'a', before), { texts: [ledger.get(next)], complete: true });
  });

  test('when a replica is connected for the first time', async () => {
    await bench.redis.restart();
    const [one, replica] = [await open(), await startRedis()];
    const before = await keepOne(one.broker);
    await replica.cli('REPLICAOF', '127.0.0.1', String(bench.redis.port));
    await bench.redis.followed();
    const { broker } = await open({ gateway: 'g2' });
    const next = await keepOne(broker);
    assert.equal(parsePosition(next)?.offset, parsePosition(before)!.offset + 1);
    await replica.close();
  });

  test('for gateways that know different fences of one Redis: it begins anew once, not in turns', async () => {
    const one = await open({ probeInterval: 60_000 });
    const last = await keepOne(one.broker);
    await bench.redis.cli('REPLICAOF', '127.0.0.1', '1');
    await bench.redis.cli('REPLICAOF', 'NO', 'ONE');
    const other = await open({ gateway: 'g2' });
    const first = await keepOne(other.broker);
    assert.ok(epochOf(first) > epochOf(last));
    for (const { broker } of [one, other, one]) assert.equal(epochOf(await keepOne(broker)), epochOf(first));
    assert.deepEqual(one.heard.states, ['live']);
    await expectOneMeaning(one.broker, one.heard);
  });
});

describe('Redis has no memory', { timeout: 30_000 }, () => {
  afterEach(() => bench.redis.config('maxmemory', '0'));

  test('what cannot be kept is refused and delivered to nobody; what is kept already can be read', async () => {
    const { broker, heard } = await open();
    const last = await keepOne(broker);
    await bench.redis.config('maxmemory', '1');
    await assert.rejects(publishKept(broker, 'a', 'refused'), HistoryFull);
    await assert.rejects(publishKept(broker, 'fresh', 'refused'), HistoryFull);
    const bytes = Buffer.from('refused');
    const keyed = { channel: 'a', bytes, keep: { size: 1, age: 1000 }, idempotencyKey: 'full' };
    await assert.rejects(broker.publish(keyed), HistoryFull);
    assert.deepEqual(await readTexts(broker, 'a', last), { texts: [], complete: true });
    assert.deepEqual(await readTexts(broker, 'fresh'), { texts: [], complete: true });
    await bench.redis.config('maxmemory', '0');
    const next = await keepOne(broker);
    assert.equal(parsePosition(next)?.offset, parsePosition(last)!.offset + 1);
    await until('it', () => heard.in('a').includes(ledger.get(next)!));
    assert.deepEqual(heard.in('a'), [ledger.get(last), ledger.get(next)]);
    assert.deepEqual(heard.states, ['live']);
  });

  test('a position can be asked for where there was none before', async () => {
    const { broker } = await open();
    await bench.redis.config('maxmemory', '1');
    assert.match((await broker.read({ channel: 'never seen', limit: 0 })).position, /^\d+-0$/);
  });
});

describe('keys that somebody else has written', { timeout: 30_000 }, () => {
  for (const [kind, foreign] of [
    ['h', ['SET', 'x']],
    ['k', ['HSET', 'x', 'x']],
  ] as const)
    test(`of another type, at ${kind}: only that channel fails, and delivers nothing`, async () => {
      const { broker, heard } = await open();
      await keepOne(broker);
      const name = await nameOf(kind);
      await bench.redis.cli('DEL', name);
      await bench.redis.cli(foreign[0], name, ...foreign.slice(1));
      await assert.rejects(publishKept(broker, 'a', 'refused'), BrokerUnavailable);
      await assert.rejects(broker.read({ channel: 'a', limit: 1 }), BrokerUnavailable);
      await publishKept(broker, 'b', 'fine');
      await bench.redis.cli('DEL', name);
      const text = ledger.get(await keepOne(broker))!;
      await until('it', () => heard.in('a').includes(text));
      assert.ok(!heard.in('a').includes('refused'));
      assert.deepEqual(heard.states, ['live']);
    });
});

test('an entry that somebody else has written is left out, and what it hides is known to be missing', async () => {
  const { broker } = await open();
  const first = await keepOne(broker);
  await bench.redis.cli('RPUSH', await nameOf('k'), 'x', '1-1 x', '1 x', '');
  const next = await keepOne(broker);
  assert.deepEqual(await readTexts(broker, 'a'), { texts: [ledger.get(next)], complete: false });
  assert.deepEqual(await readTexts(broker, 'a', first), { texts: [ledger.get(next)], complete: true });
  await bench.redis.cli('DEL', await nameOf('k'));
});

for (const [what, ...fields] of [
  ['without an epoch', 'x', 'y'],
  ['of many fields', 'x', '1', 'y', '2', 'z', '3'],
  ['with an epoch that is none', 'epoch', 'x'],
] as const)
  test(`a head ${what}, from somebody else: the channel begins anew`, { timeout: 30_000 }, async () => {
    const { broker, heard } = await open();
    const last = await keepOne(broker);
    const name = await nameOf('h');
    await bench.redis.cli('DEL', name);
    await bench.redis.cli('HSET', name, ...fields);
    await expectNewEpoch(broker, heard, last);
    assert.ok(Number(await bench.redis.cli('PTTL', name)) > 0);
  });

/** The key of channel `a` of a kind, see Names. */
async function nameOf(kind: string): Promise<string> {
  const [name] = (await bench.redis.cli('KEYS', `*:${kind}:a`)) as string[];
  return name ?? assert.fail(`there is no key ${kind}`);
}
