import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Broker, BrokerUnavailable, type Published } from '../../src/broker/broker.js';
import { createRedisBroker } from '../../src/broker/redis/broker.js';
import { slotOf } from '../../src/broker/redis/cluster/hash-slot.js';
import { Names } from '../../src/broker/redis/names.js';
import { become } from '../contract/redis-bench.js';
import { publish } from '../contract/suite.js';
import { CapturedLog } from '../support/captured-log.js';
import { Recorder } from '../support/recorder.js';
import type { RedisServer } from '../support/redis.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { until } from '../support/until.js';

const { log } = new CapturedLog();
const names = new Names('test');

describe('a Redis Cluster whose nodes fail or move', { timeout: 60_000 }, () => {
  let cluster: RedisCluster;
  const opened: Broker[] = [];
  before(async () => {
    cluster = await RedisCluster.start();
  });
  afterEach(() => Promise.all(opened.splice(0).map((broker) => broker.close())));
  after(() => cluster.close());

  async function open(gateway: string): Promise<{ broker: Broker; heard: Recorder }> {
    const broker = createRedisBroker({
      ...{ url: cluster.url, gateway, prefix: 'test', log },
      ...{ timeout: 2000, probeInterval: 200, idempotencyTtl: 60_000 },
    });
    opened.push(broker);
    const heard = new Recorder();
    await broker.start(heard);
    return { broker, heard };
  }

  /** A channel that a server is master of, and its slot. */
  async function channelOf(server: RedisServer): Promise<{ channel: string; slot: number }> {
    for (let i = 0; ; i++) {
      const channel = `user:${i}`;
      const slot = slotOf(names.channel(channel));
      if ((await cluster.ownerOf(slot)) === server) return { channel, slot };
    }
  }

  test('a slot moves to another master and back under load: who is counted hears it, once and in order', async () => {
    const [from, to] = cluster.servers as [RedisServer, RedisServer];
    const { channel, slot } = await channelOf(from);
    const { channel: elsewhere } = await channelOf(to);
    const [publisher, subscriber] = [await open('g1'), await open('g2')];
    await Promise.all([subscriber.broker.subscribe(channel), subscriber.broker.subscribe(elsewhere)]);

    const load = new Load(publisher.broker, [channel, elsewhere]);
    for (const [source, target] of [[from, to] as const, [to, from] as const]) {
      await load.grows();
      await cluster.migrate(slot, source, target);
      await until('the subscription to follow', async () => (await load.grows()).at(-1)?.gateways === 1);
      await become(subscriber.broker, 'live');
    }
    await load.end();

    assert.deepEqual(load.failures, []);
    for (const one of [channel, elsewhere]) {
      const counted = load.textsHeardBy(1, one);
      await until('the last', () => subscriber.heard.in(one).at(-1) === counted.at(-1));
      assert.deepEqual(subscriber.heard.in(one), counted);
    }
    assert.deepEqual(load.textsHeardBy(0, elsewhere), []);
    const missed = load.textsHeardBy(0, channel).length;
    assert.ok(missed === 0 || subscriber.heard.states.includes('down'), `${missed} missed without a word`);
  });

  test('a subscription that a master has ended is made again, although the slot is still there', async () => {
    const [master] = cluster.servers as [RedisServer];
    const { channel, slot } = await channelOf(master);
    const { broker, heard } = await open('g1');
    await broker.subscribe(channel);
    await master.cli('CLUSTER', 'DELSLOTS', String(slot));
    await master.cli('CLUSTER', 'ADDSLOTS', String(slot));
    assert.equal(await master.cli('PUBSUB', 'SHARDCHANNELS', names.channel(channel)).then(String), '');
    await until('the subscription', async () => (await publish(broker, channel, 'again')).gateways === 1);
    await until('it', () => heard.in(channel).includes('again'));
  });

  test('a master is killed: its channels fail, the others do not; its replica takes over', async () => {
    const [victim, survivor] = cluster.servers as [RedisServer, RedisServer];
    const [lost, kept] = [await channelOf(victim), await channelOf(survivor)];
    const { broker, heard } = await open('g1');
    await Promise.all([broker.subscribe(lost.channel), broker.subscribe(kept.channel)]);
    const keep = { size: 10, age: 60_000 };
    const before = await broker.publish({ channel: lost.channel, bytes: Buffer.from('before'), keep });

    await victim.kill();
    await become(broker, 'down');
    await assert.rejects(publish(broker, lost.channel, 'nobody'), BrokerUnavailable);
    assert.equal((await publish(broker, kept.channel, 'still')).gateways, 1);

    await become(broker, 'live');
    assert.notEqual(await cluster.ownerOf(lost.slot), victim);
    const later = await broker.publish({ channel: lost.channel, bytes: Buffer.from('later'), keep });
    assert.equal(later.gateways, 1);
    await until('both', () => heard.in(lost.channel).length === 2 && heard.in(kept.channel).length === 1);
    assert.deepEqual(heard.in(lost.channel), ['before', 'later']);
    assert.notEqual(epochOf(later), epochOf(before), 'the replica may have missed what the master had kept');
  });
});

/** Publishes to channels as fast as it is answered, a few at once, each with the next number. */
class Load {
  readonly failures: unknown[] = [];
  readonly #accepted: { channel: string; number: number; gateways: number }[] = [];
  readonly #streams: Promise<void>[];
  #ended = false;

  constructor(broker: Broker, channels: readonly string[]) {
    this.#streams = channels.map((channel) => this.#stream(broker, channel));
  }

  /** Resolves with what was accepted when that has become clearly more. */
  async grows(): Promise<readonly { gateways: number }[]> {
    const enough = this.#accepted.length + 200;
    await until('publications to be accepted', () => this.#accepted.length >= enough);
    return this.#accepted;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#streams);
  }

  /** What so many gateways were said to hear in a channel, in the order in which it was published. */
  textsHeardBy(gateways: number, channel: string): string[] {
    const some = this.#accepted.filter((one) => one.channel === channel && one.gateways === gateways);
    return some.toSorted((a, b) => a.number - b.number).map(({ number }) => `#${number}`);
  }

  async #stream(broker: Broker, channel: string): Promise<void> {
    for (let i = 0; !this.#ended; i += 5)
      await Promise.all([0, 1, 2, 3, 4].map((offset) => this.#send(broker, channel, i + offset)));
  }

  /** Kept and with a key: while the slot moves, some of its keys are here and some are there. */
  async #send(broker: Broker, channel: string, number: number): Promise<void> {
    const bytes = Buffer.from(`#${number}`);
    const keep = { size: 100, age: 60_000 };
    try {
      const { gateways } = await broker.publish({ channel, bytes, keep, idempotencyKey: `load-${number}` });
      this.#accepted.push({ channel, number, gateways });
    } catch (error) {
      this.failures.push(error);
    }
  }
}

function epochOf({ position }: Published): string | undefined {
  return position?.split('-')[0];
}
