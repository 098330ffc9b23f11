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

  test('refuses what it would have to remember, carries everything else, and needs nobody when it has room again', async () => {
    const [gateway, other] = cluster.gateways;
    const user = 'bob';
    await cluster.redis.config('maxmemory', '1');
    const tab = await TestTab.open(other.socketUrl, { token: await tokenFor(user) });
    const send = { to: { user }, action: 'kept' };
    const put = () => gateway.api(`/v1/groups/full/users/${user}`, { method: 'PUT' });
    const revoke = () => gateway.api('/v1/revoke', { method: 'POST', body: JSON.stringify({ user: 'eve' }) });
    for (const answer of [await gateway.send(send, { 'idempotency-key': 'full' }), await put()]) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('retry-after'), '1');
      assert.equal(((await answer.json()) as { code: string }).code, 'broker-unavailable');
    }
    // Who must not come in any more is remembered all the same.
    assert.equal((await revoke()).status, 200);
    assert.equal((await gateway.send({ to: { user }, action: 'carried' })).status, 200);
    await tab.next('carried');
    await cluster.redis.config('maxmemory', '0');
    await until('room', async () => (await put()).status === 200);
    assert.equal((await tab.next('sys/join')).details[0], 'full');
    assert.equal((await gateway.send(send, { 'idempotency-key': 'full' })).status, 200);
    await tab.next('kept');
    assert.deepEqual(
      tab.frames.filter(({ action }) => action === 'kept').length,
      1,
      'the refused send was delivered as well',
    );
    tab.socket.terminate();
    await cluster.expectExact();
  });
});
