import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Cluster } from '../support/cluster.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

describe('a Redis that is full', { timeout: 60_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.start();
  });
  after(() => cluster.close());

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
});

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code;
}
