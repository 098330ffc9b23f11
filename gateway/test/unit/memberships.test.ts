import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { BrokerUnavailable, OutcomeUnknown } from '../../src/broker/broker.js';
import { Memberships } from '../../src/cluster/memberships.js';

describe('memberships', () => {
  let events: unknown[];
  let failing: Error | undefined;
  let now: number;
  let memberships: Memberships;

  beforeEach(() => {
    [events, failing, now] = [[], undefined, 5000];
    const answer = (...event: unknown[]) => {
      events.push(event);
      if (failing) throw failing;
    };
    memberships = new Memberships({
      registry: {
        putMember: async (user, group, ttl) => answer('put', user, group, ttl),
        removeMember: async (user, group) => answer('remove', user, group),
        groupsOf: async (user) => {
          answer('of', user);
          return ['red'];
        },
      },
      orders: {
        send: async (channel, order) => {
          events.push([channel, order]);
          return 2;
        },
      },
      ttl: 60_000,
      now: () => now,
    });
  });

  test('are remembered before they are ordered', async () => {
    assert.equal(await memberships.put('ann', 'red'), 2);
    assert.equal(await memberships.remove('ann', 'red'), 2);
    assert.deepEqual(events, [
      ['put', 'ann', 'red', 60_000],
      ['user:ann', { kind: 'put', group: 'red' }],
      ['remove', 'ann', 'red'],
      ['user:ann', { kind: 'remove', group: 'red' }],
    ]);
  });

  test('that cannot be remembered are not ordered', async () => {
    failing = new BrokerUnavailable('away');
    await assert.rejects(memberships.put('ann', 'red'), BrokerUnavailable);
    assert.deepEqual(events, [['put', 'ann', 'red', 60_000]]);
  });

  for (const away of [new BrokerUnavailable('away'), new OutcomeUnknown('silent')])
    test(`a registry that is away (${away.name}) is waited for, and asked by one tab at a time`, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      failing = away;
      const waiting = [memberships.of('ann', () => true)];
      await settle();
      waiting.push(
        memberships.of('bob', () => true),
        memberships.of('cid', () => true),
      );
      await settle();
      assert.deepEqual(events, [['of', 'ann']]);
      failing = undefined;
      now += 1000;
      t.mock.timers.tick(1250);
      assert.deepEqual(await Promise.all(waiting), [['red'], ['red'], ['red']]);
    });

  test('nobody waits for a tab that has gone', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    failing = new BrokerUnavailable('away');
    let here = true;
    const waiting = memberships.of('ann', () => here);
    await settle();
    here = false;
    t.mock.timers.tick(1250);
    assert.deepEqual(await waiting, []);
    assert.equal(events.length, 1);
  });

  test('a bug is not waited for', async () => {
    failing = new TypeError('a bug');
    await assert.rejects(
      memberships.of('ann', () => true),
      TypeError,
    );
  });
});

/** Lets promises that wait for nothing but each other go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
