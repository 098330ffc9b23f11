import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, type TestContext, test } from 'node:test';
import { Cluster } from '../support/cluster.js';
import { deafSubscriber } from '../support/deaf-subscriber.js';
import { TestTab, tokenFor } from '../support/tab.js';
import type { BatchAnswer } from '../support/traffic.js';
import { until } from '../support/until.js';

const mebibyte = 2 ** 20;

describe('F16: a Redis that is full', { timeout: 60_000 }, () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await Cluster.start();
  });
  afterEach(() => cluster.close());

  test('refuses what it would have to keep or remember, carries everything else, and needs nobody when it has room again', async () => {
    const [gateway, other] = cluster.gateways;
    const to = { user: 'bob' };
    await cluster.redis.config('maxmemory', '1');
    const tab = await TestTab.open(other.socketUrl, { token: await tokenFor(to.user) });
    const once = { 'idempotency-key': 'full' };
    const repeatable = { to, action: 'repeatable', history: false };
    const kept = { to, action: 'kept' };
    const put = () => gateway.api(`/v1/groups/full/users/${to.user}`, { method: 'PUT' });
    const revoke = () => gateway.api('/v1/revoke', { method: 'POST', body: JSON.stringify({ user: 'eve' }) });
    for (const answer of [await gateway.send(repeatable, once), await put()]) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('retry-after'), '1');
      assert.equal(await codeOf(answer), 'broker-unavailable');
    }
    for (const headers of [{}, { 'idempotency-key': 'full-too' }]) {
      const answer = await gateway.send(kept, headers);
      assert.equal(answer.status, 507);
      assert.equal(await codeOf(answer), 'history-full');
    }
    // Who must not come in any more is remembered all the same.
    assert.equal((await revoke()).status, 200);
    assert.equal((await gateway.send({ to, action: 'carried', history: false })).status, 200);
    await tab.next('carried');
    await cluster.redis.config('maxmemory', '0');
    await until('room', async () => (await put()).status === 200);
    assert.equal((await tab.next('sys/join')).details[0], 'full');
    for (const [send, headers] of [
      [repeatable, once],
      [kept, { 'idempotency-key': 'full-too' }],
    ] as const) {
      assert.equal((await gateway.send(send, headers)).status, 200);
      await tab.next(send.action);
    }
    assert.deepEqual(
      tab.frames.map(({ action }) => action).filter((action) => !/^(sys\/|count$)/.test(action)),
      ['carried', 'repeatable', 'kept'],
      'a refused send was delivered as well',
    );
    tab.socket.terminate();
    await cluster.expectExact();
  });

  test('because another program does not read what it has subscribed to: the same, until that is gone', async (t) => {
    await cluster.redis.config('client-output-buffer-limit', 'pubsub 0 0 0');
    const program = await deafSubscriber(cluster.redis.port, 'hog');
    await cluster.redis.config('maxmemory', String((await memoryOf()) + 8 * mebibyte));
    const payload = Buffer.alloc(mebibyte);
    await until('Redis to be full', async () => {
      await cluster.redis.cli('PUBLISH', 'hog', payload);
      return cluster.traffic.streams.every(({ answers }) => answers.filter(isFull).length >= 20);
    });
    const [gateway, other] = cluster.gateways;
    const tab = await TestTab.open(other.socketUrl, { token: await tokenFor('bob') });
    const carried = await gateway.send({ to: { user: 'bob' }, action: 'carried', history: false });
    assert.equal(carried.status, 200);
    await tab.next('carried');
    tab.socket.terminate();
    program.destroy();
    await expectAllIsWell(t);
    await expectNoLoss();
  });

  test('and evicts what was not used for long: who is in such a channel is told, and nobody is fooled', async (t) => {
    const quiet = Array.from({ length: 20 }, (_, number) => `quiet ${number}`);
    const [gateway, other] = cluster.gateways;
    const sendQuiet = async (action: string) => {
      const answer = await gateway.send(quiet.map((group) => ({ to: { group }, action })));
      assert.equal(answer.status, 200);
    };
    const tab = await TestTab.open(other.socketUrl, { token: await tokenFor('bob', { groups: quiet }) });
    await sendQuiet('before');
    await until('it', () => countOf(tab, 'before') === quiet.length);

    await cluster.redis.config('maxmemory-policy', 'allkeys-lru');
    await cluster.redis.config('maxmemory', String((await memoryOf()) + mebibyte));
    const filling = Buffer.alloc(mebibyte / 16);
    let count = 0;
    await until('the quiet ones to be evicted', async () => {
      await cluster.redis.cli('SET', `filling ${count++}`, filling);
      return ((await cluster.redis.cli('KEYS', '*:h:group:quiet*')) as string[]).length === 0;
    });
    await sendQuiet('after');
    await until('it', () => countOf(tab, 'after') === quiet.length);
    for (const group of quiet) {
      const heard = tab.frames.filter(({ at }) => at?.[0] === `group:${group}`);
      assert.deepEqual(
        heard.map(({ action }) => action),
        ['before', 'sys/gap', 'after'],
      );
    }
    tab.socket.terminate();
    t.diagnostic(`${await evictions()} keys evicted`);
    await expectAllIsWell(t);
    await expectNoLoss();
  });

  test('and evicts by chance what is in use: told each time, and nobody is fooled', async (t) => {
    await cluster.redis.config('maxmemory-policy', 'allkeys-random');
    await cluster.redis.config('maxmemory', String((await memoryOf()) + mebibyte));
    const filling = Buffer.alloc(mebibyte / 16);
    const gaps = () => cluster.tabs.map(({ frames }) => frames.filter(({ action }) => action === 'sys/gap'));
    let count = 0;
    await until('gaps', async () => {
      for (let more = 0; more < 20; more++) await cluster.redis.cli('SET', `filling ${count++}`, filling);
      return gaps().every(({ length }) => length >= 10);
    });
    t.diagnostic(`${await evictions()} keys evicted`);
    await cluster.redis.config('maxmemory', '0');
    await expectAllIsWell(t);
    await expectNoLoss();
  });

  async function expectAllIsWell(t: TestContext): Promise<void> {
    const since = performance.now();
    await cluster.flowing(1);
    await cluster.heard();
    t.diagnostic(`accepted and heard again after ${Math.round(performance.now() - since)} ms`);
    await cluster.flowing();
    cluster.expectConnected();
    await cluster.expectExact();
    cluster.expectHealthy();
  }

  /** A full Redis carries on, so no gateway believes that it is away. */
  async function expectNoLoss(): Promise<void> {
    for (const gateway of cluster.gateways)
      assert.equal(await gateway.metric('tabcast_broker_losses_total'), 0);
  }

  /** What Redis uses, in bytes. */
  async function memoryOf(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(String(await cluster.redis.cli('INFO', 'memory')))![1]);
  }

  async function evictions(): Promise<number> {
    return Number(/evicted_keys:(\d+)/.exec(String(await cluster.redis.cli('INFO', 'stats')))![1]);
  }
});

function isFull({ status }: BatchAnswer): boolean {
  return status === 507;
}

function countOf({ frames }: TestTab, action: string): number {
  return frames.filter((frame) => frame.action === action).length;
}

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code;
}
