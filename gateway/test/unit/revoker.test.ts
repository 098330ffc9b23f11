import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { userChannel } from '@tabcast/shared';
import type { Identity } from '../../src/auth/identity.js';
import type { Verdict } from '../../src/auth/token.js';
import { BrokerUnavailable } from '../../src/broker/broker.js';
import { MemoryBus } from '../../src/broker/memory/bus.js';
import { createMemoryRegistry } from '../../src/broker/memory/registry.js';
import type { Registry, Revocation } from '../../src/broker/registry.js';
import type { Order, OrderOf } from '../../src/cluster/order.js';
import { Revoker, refuseRevoked } from '../../src/cluster/revoker.js';
import { Hub } from '../../src/fanout/hub.js';
import type { HubTab } from '../../src/fanout/members.js';

const t = 1_800_000_000_000;
const day = 86_400_000;

function proof(user: string, given: Partial<Identity> = {}): Identity {
  const times = { expires: t + day, issued: t - 1000, tokenId: null };
  return { user, session: null, groups: [], join: [], ...times, ...given };
}

/** Gateways whose orders arrive at all of them, unless one is cut off. */
class Hall {
  readonly gateways: TestGateway[] = [];
  readonly bus = new MemoryBus(() => t);
  async send(_channel: string, order: Order): Promise<number> {
    const hearing = this.gateways.filter(({ hears }) => hears);
    for (const { take } of hearing) take(order as OrderOf<'revoke'>);
    return hearing.length;
  }
}

class TestGateway {
  hears = true;
  readonly hub = new Hub();
  readonly registry: Registry;
  readonly closed: string[] = [];
  readonly revoker: Revoker;
  now = t;
  take!: (order: OrderOf<'revoke'>) => void;

  constructor(hall: Hall) {
    hall.gateways.push(this);
    this.registry = createMemoryRegistry(hall.bus);
    void this.registry.start();
    this.revoker = new Revoker({
      registry: this.registry,
      orders: {
        send: (channel, order) => hall.send(channel, order),
        on: (_kind, take) => {
          this.take = take as never;
        },
      },
      hub: this.hub,
      close: (tab) => {
        this.closed.push(tab.connection);
        this.hub.remove(tab);
        if (tab.identity !== null) this.hub.exit(userChannel(tab.identity.user), tab);
      },
      now: () => this.now,
    });
  }

  /** Opens a tab; one that is `waiting` has yet to be welcomed. */
  open(connection: string, identity: Identity | null, waiting = false): void {
    const tab = { connection, encoding: 'json', identity, session: null } as HubTab;
    this.hub.add(tab);
    if (identity === null) return;
    const stay = this.hub.enter(userChannel(identity.user), tab);
    if (!waiting) this.hub.listen(stay);
  }

  /** What happens with each beat. */
  async beat(): Promise<void> {
    const { revocations } = await this.registry.beat({ gateway: 'g' } as never);
    await this.revoker.follow(revocations);
  }
}

describe('revoking', () => {
  let hall: Hall;
  let here: TestGateway;
  let there: TestGateway;
  const ofAnn: Revocation = { user: 'ann', session: null, before: t, until: t + day };
  const ofToken: Revocation = { tokenId: 't1', until: t + day };

  beforeEach(async () => {
    hall = new Hall();
    [here, there] = [new TestGateway(hall), new TestGateway(hall)];
    await Promise.all([here.beat(), there.beat()]);
  });

  test('closes on every gateway the tabs that it covers, also those that wait for their welcome', async () => {
    for (const gateway of [here, there]) {
      gateway.open('old', proof('ann'));
      gateway.open('waiting', proof('ann'), true);
      gateway.open('new', proof('ann', { issued: t + 1 }));
      gateway.open('other', proof('bob', { tokenId: 't2' }));
      gateway.open('named', proof('bob', { tokenId: 't1' }));
      gateway.open('anonymous', null);
    }
    assert.equal(await here.revoker.revoke(ofAnn), 2);
    for (const { closed } of [here, there]) assert.deepEqual(closed.splice(0), ['old', 'waiting']);
    assert.equal(await there.revoker.revoke(ofToken), 2);
    for (const { closed } of [here, there]) assert.deepEqual(closed, ['named']);
  });

  test('a gateway that did not hear the order learns it with its next beat', async () => {
    there.hears = false;
    there.open('old', proof('ann'));
    assert.equal(await here.revoker.revoke(ofAnn), 1);
    assert.deepEqual(there.closed, []);
    await there.beat();
    assert.deepEqual(there.closed, ['old']);
  });

  test('so does one that starts later', async () => {
    await here.revoker.revoke(ofAnn);
    const late = new TestGateway(hall);
    await late.beat();
    assert.equal(late.revoker.covers(proof('ann')), true);
  });

  test('is not in force while the registry does not know it', async () => {
    here.open('old', proof('ann'));
    await here.registry.close();
    await assert.rejects(here.revoker.revoke(ofAnn), BrokerUnavailable);
    assert.deepEqual(here.closed, []);
    assert.equal(there.revoker.covers(proof('ann')), false);
  });

  test('a registry that could not be read is read with the next beat', async () => {
    there.hears = false;
    await here.revoker.revoke(ofAnn);
    const { revocations } = await there.registry.beat({ gateway: 'g' } as never);
    await there.registry.close();
    await assert.rejects(there.revoker.follow(revocations), BrokerUnavailable);
    await there.registry.start();
    await there.revoker.follow(revocations);
    assert.equal(there.revoker.covers(proof('ann')), true);
  });

  test('what the registry has lost is written back by whoever knows it, and then there is peace', async () => {
    there.hears = false;
    await here.revoker.revoke(ofAnn);
    await here.revoker.revoke(ofToken);
    hall.bus.records.revocations.clear();
    hall.bus.records.version = -1;
    await there.beat();
    assert.equal(there.revoker.covers(proof('ann')), false);
    for (let i = 0; i < 3; i++) for (const gateway of [here, there]) await gateway.beat();
    assert.equal(there.revoker.covers(proof('ann')), true);
    assert.deepEqual(await there.registry.revocations(), [ofToken, ofAnn]);
    const { version } = hall.bus.records;
    let reads = 0;
    for (const { registry } of [here, there])
      registry.revocations = async () => {
        reads++;
        return [];
      };
    for (const gateway of [here, there, here, there]) await gateway.beat();
    assert.deepEqual([hall.bus.records.version, reads], [version, 0]);
  });

  test('what has ended is forgotten, and not written back', async () => {
    await here.revoker.revoke(ofAnn);
    hall.bus.records.revocations.clear();
    hall.bus.records.version = -1;
    here.now = t + day;
    await here.beat();
    assert.equal(here.revoker.covers(proof('ann')), false);
    assert.equal(hall.bus.records.revocations.size, 0);
  });

  test('what is about to end is not written back either: for the registry it may have ended already', async () => {
    await here.revoker.revoke(ofAnn);
    hall.bus.records.revocations.clear();
    hall.bus.records.version = -1;
    here.now = t + day - 30_000;
    await here.beat();
    assert.equal(here.revoker.covers(proof('ann')), true);
    assert.equal(hall.bus.records.revocations.size, 0);
  });
});

describe('a verifier that knows revocations', () => {
  test('refuses what is covered, and changes nothing else', async () => {
    const hall = new Hall();
    const { revoker } = new TestGateway(hall);
    const verdicts: Record<string, Verdict> = {
      ann: { identity: proof('ann') },
      bob: { identity: proof('bob') },
      bad: { refused: 'signature', sentence: 'the signature fits none of the keys' },
    };
    let closed = false;
    const verifier = refuseRevoked(
      {
        verify: async (token) => verdicts[token]!,
        close: () => {
          closed = true;
        },
      },
      revoker,
    );
    assert.equal(await verifier.verify('ann'), verdicts['ann']);
    await revoker.revoke({ user: 'ann', session: null, before: t, until: t + day });
    assert.deepEqual(await verifier.verify('ann'), {
      refused: 'revoked',
      sentence: 'the token was revoked',
    });
    assert.equal(await verifier.verify('bob'), verdicts['bob']);
    assert.equal(await verifier.verify('bad'), verdicts['bad']);
    verifier.close();
    assert.equal(closed, true);
  });
});
