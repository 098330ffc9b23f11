import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Broker, BrokerUnavailable } from '../../src/broker/broker.js';
import { type Lease, leaseTime, type Registry, type Revocation } from '../../src/broker/registry.js';
import { Recorder } from '../support/recorder.js';
import { until } from '../support/until.js';

/** What the suite needs of a carrier: gateways that know of one another. */
export interface RegistryCarrier {
  /** Registry and broker of one gateway, not started. @param gateway unlike all others */
  create(gateway: string, lifetime: number): Gateway;
  close(): Promise<void>;
}

/** What one gateway has of a carrier. */
export interface Gateway {
  readonly registry: Registry;
  readonly broker: Broker;
}

/** Starts one more gateway; the suite closes it. */
type Open = (lifetime?: number) => Promise<Gateway>;

/** How long a lease lasts where a test waits for its end, in ms. */
const brief = 300;
/** Longer than any test. */
const long = 60_000;

/** What every registry must do; `registry.ts` in words. */
export function registryContract(name: string, prepare: () => Promise<RegistryCarrier>): void {
  describe(`registry contract: ${name}`, { timeout: 30_000 }, () => {
    let carrier: RegistryCarrier;
    let count = 0;
    const opened: Gateway[] = [];

    before(async () => {
      carrier = await prepare();
    });
    after(() => carrier.close());
    afterEach(async () => {
      for (const { registry, broker } of opened.splice(0)) {
        await registry.close();
        await broker.close();
      }
    });

    async function open(lifetime = leaseTime): Promise<Gateway> {
      const gateway = carrier.create(`g${count++}`, lifetime);
      opened.push(gateway);
      await Promise.all([gateway.registry.start(), gateway.broker.start(new Recorder())]);
      return gateway;
    }

    describeLeases(open);
    describeRevocations(open);
    describeMemberships(open);
    describePresence(open);
    describeLife(() => carrier.create(`g${count++}`, leaseTime));
  });
}

function leaseOf(gateway: string, more: Partial<Lease> = {}): Lease {
  return {
    ...{ gateway, version: '1.2.3', started: 1_700_000_000_000, tabs: 3, users: 2, framesPerSecond: 1.5 },
    ...{ deliveriesPerSecond: 2.5, lag: 0.25, memory: 1e8, capacity: 1000, state: 'ready' },
    ...more,
  };
}

async function rosterOf({ registry }: Gateway, gateway: string): Promise<string[]> {
  return (await registry.beat(leaseOf(gateway))).roster.map((entry) => entry.gateway);
}

function describeLeases(open: Open): void {
  test('the roster holds what each gateway said last, by id, and how long ago', async () => {
    const [a, b] = [await open(), await open()];
    await a.registry.beat(leaseOf('leases-b'));
    await a.registry.beat(leaseOf('leases-b', { tabs: 4, state: 'draining' }));
    const { roster, lapsed } = await b.registry.beat(leaseOf('leases-a'));
    assert.deepEqual(
      roster.map(({ age: _, ...lease }) => lease),
      [leaseOf('leases-a'), leaseOf('leases-b', { tabs: 4, state: 'draining' })],
    );
    for (const { age } of roster) assert.ok(age >= 0 && age < leaseTime, `${age}`);
    assert.deepEqual(lapsed, []);
    await Promise.all(['leases-a', 'leases-b'].map((gateway) => a.registry.depart(gateway)));
  });

  test('of many who beat after a lease ran out one is told, and the gateway may come back', async () => {
    const all = await Promise.all([open(brief), open(brief), open(brief)]);
    await all[0]!.registry.beat(leaseOf('mortal'));
    const told: number[] = [];
    await until('the lease to run out', async () => {
      const beats = all.map(({ registry }, i) => registry.beat(leaseOf(`witness-${i}`)));
      for (const [i, beat] of (await Promise.all(beats)).entries())
        if (beat.lapsed.includes('mortal')) told.push(i);
      return told.length > 0;
    });
    for (const { registry } of all) assert.ok(!(await registry.beat(leaseOf('w'))).lapsed.includes('mortal'));
    assert.equal(told.length, 1);
    assert.ok((await rosterOf(all[0]!, 'mortal')).includes('mortal'));
  });

  test('who departs is off the roster at once, and nobody calls it lapsed', async () => {
    const [a, b] = [await open(), await open()];
    await a.registry.beat(leaseOf('leaver'));
    assert.ok((await rosterOf(b, 'stayer')).includes('leaver'));
    await a.registry.depart('leaver');
    await a.registry.depart('leaver');
    const { roster, lapsed } = await b.registry.beat(leaseOf('stayer'));
    assert.ok(!roster.some(({ gateway }) => gateway === 'leaver'));
    assert.ok(!lapsed.includes('leaver'));
  });
}

function describeRevocations(open: Open): void {
  const until1 = Date.now() + long;
  const revocations: Revocation[] = [
    { tokenId: 'jti 1 ✓', until: until1 },
    { user: 'ü:1', session: null, before: 123_456, until: until1 },
    { user: 'ü:1', session: 's', before: 123_456, until: until1 },
  ];
  const versionOf = async ({ registry }: Gateway) => (await registry.beat(leaseOf('reader'))).revocations;

  test('what is revoked is known to all, and every revocation changes the version', async () => {
    const [a, b] = [await open(), await open()];
    const versions = [await versionOf(b)];
    for (const revocation of revocations) {
      await a.registry.revoke(revocation);
      versions.push(await versionOf(b));
    }
    assert.equal(new Set(versions).size, 4);
    assert.equal(await versionOf(a), versions.at(-1));
    assert.deepEqual(sorted(await b.registry.revocations()), sorted(revocations));
  });

  test('revoked again: the longer end counts, and what changes nothing is no news', async () => {
    const a = await open();
    const { registry } = a;
    await registry.revoke({ tokenId: 'twice', until: until1 });
    await registry.revoke({ tokenId: 'twice', until: until1 + 5 });
    const version = await versionOf(a);
    await registry.revoke({ tokenId: 'twice', until: until1 - 5 });
    assert.equal(await versionOf(a), version);
    const ends = (await registry.revocations()).filter((one) => 'tokenId' in one && one.tokenId === 'twice');
    assert.deepEqual(ends, [{ tokenId: 'twice', until: until1 + 5 }]);
  });

  test('a revocation ends by itself', async () => {
    const { registry } = await open();
    const ids = async () =>
      (await registry.revocations()).map((one) => ('tokenId' in one ? one.tokenId : one.user));
    await registry.revoke({ tokenId: 'lasting', until: until1 });
    await registry.revoke({ tokenId: 'brief', until: Date.now() + 1000 });
    assert.ok((await ids()).includes('brief'));
    await until('the end', async () => !(await ids()).includes('brief'));
    assert.ok((await ids()).includes('lasting'));
  });
}

function sorted(revocations: readonly Revocation[]): string[] {
  return revocations
    .map((revocation) => JSON.stringify(Object.entries(revocation).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort();
}

function describeMemberships(open: Open): void {
  test('a user is in the groups it was put into and not removed from', async () => {
    const [a, b] = [await open(), await open()];
    const group = 'sales: {é} *';
    await a.registry.putMember('m 1', group, long);
    await a.registry.putMember('m 1', 'ops', long);
    await a.registry.putMember('m 1', 'ops', long);
    await a.registry.putMember('m 2', 'other', long);
    assert.deepEqual((await b.registry.groupsOf('m 1')).toSorted(), ['ops', group]);
    await b.registry.removeMember('m 1', 'ops');
    await b.registry.removeMember('m 1', 'ops');
    assert.deepEqual(await a.registry.groupsOf('m 1'), [group]);
    assert.deepEqual(await a.registry.groupsOf('nobody'), []);
  });

  test('a membership ends by itself, unless it was prolonged', async () => {
    const { registry } = await open();
    await registry.putMember('m 3', 'prolonged', 200);
    await registry.putMember('m 3', 'brief', 200);
    await registry.putMember('m 3', 'prolonged', long);
    await until('the end', async () => !(await registry.groupsOf('m 3')).includes('brief'));
    assert.deepEqual(await registry.groupsOf('m 3'), ['prolonged']);
    await registry.putMember('m 4', 'only', 1000);
    assert.deepEqual(await registry.groupsOf('m 4'), ['only']);
    await until('the end', async () => (await registry.groupsOf('m 4')).length === 0);
  });
}

function describePresence(open: Open): void {
  const user = 'p: {é}';

  test('of many who say that a user came online one is told that it is news', async () => {
    const all = await Promise.all([open(), open(), open()]);
    const news = await Promise.all(all.map(({ registry }) => registry.cameOnline('p-1')));
    assert.deepEqual(news.toSorted(), [false, false, true]);
  });

  test('nobody goes offline while any gateway is subscribed to the channel', async () => {
    const [a, b] = [await open(), await open()];
    await b.broker.subscribe(`user:${user}`);
    assert.equal(await b.registry.cameOnline(user), true);
    assert.equal(await a.registry.wentOffline(user), false);
    await b.broker.close();
    await until('the news', () => a.registry.wentOffline(user));
    assert.equal(await a.registry.wentOffline(user), false);
    assert.equal(await a.registry.cameOnline(user), true);
  });

  test('of many who say that a user went offline one is told that it is news', async () => {
    const all = await Promise.all([open(), open(), open()]);
    for (let round = 0; round < 20; round++) {
      await all[0]!.registry.cameOnline('p-2');
      const asked = all.flatMap(({ registry }) => [registry.wentOffline('p-2'), registry.wentOffline('p-2')]);
      assert.equal((await Promise.all(asked)).filter((news) => news).length, 1);
    }
  });

  test('a user of whom nobody said that it came online does not go offline', async () => {
    const { registry } = await open();
    assert.equal(await registry.wentOffline('never'), false);
  });

  test('a sweep finds everyone whom no gateway holds any more, and each once', async () => {
    const [a, b] = [await open(), await open()];
    await Promise.all([a.registry.sweepOffline(), b.registry.sweepOffline()]);
    const users = Array.from({ length: 300 }, (_, i) => `sweep ${i} é`);
    await Promise.all(users.map((one) => b.registry.cameOnline(one)));
    await b.broker.subscribe('user:held');
    await b.registry.cameOnline('held');
    const swept = await Promise.all([a.registry.sweepOffline(), b.registry.sweepOffline()]);
    assert.deepEqual(swept.flat().toSorted(), users.toSorted());
    assert.equal(await a.registry.cameOnline('held'), false);
  });
}

function describeLife(create: () => Gateway): void {
  test('before start and after close it is unavailable; closing twice is closing once', async () => {
    const { registry } = create();
    await assert.rejects(registry.groupsOf('early'), BrokerUnavailable);
    await registry.start();
    await registry.groupsOf('in time');
    await registry.close();
    await registry.close();
    await assert.rejects(registry.groupsOf('late'), BrokerUnavailable);
    await assert.rejects(registry.beat(leaseOf('late')), BrokerUnavailable);
  });
}
