import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { userChannel } from '@tabcast/shared';
import type { Broker } from '../../src/broker/broker.js';
import { isOrder } from '../../src/broker/envelope.js';
import { createMemoryBroker } from '../../src/broker/memory/broker.js';
import { MemoryBus } from '../../src/broker/memory/bus.js';
import { Orders } from '../../src/cluster/orders.js';
import { Questions } from '../../src/cluster/questions.js';
import { type SeatRules, Seats } from '../../src/cluster/seats.js';
import { gatewayChannel } from '../../src/fanout/plan.js';
import { Counters } from '../../src/metrics/counters.js';
import { Random } from '../support/random.js';

const cap = 10;
const user = 'ann';

/** A gateway reduced to what seats need. Its tabs are ids of connections. */
class SmallGateway {
  readonly counters = new Counters();
  readonly tabs = new Set<string>();
  readonly closed: string[] = [];
  /** Hears nothing any more, as one that hangs. */
  deaf = false;
  readonly #id: string;
  readonly #broker: Broker;
  readonly #seats: Seats;
  #numbered = 0;

  constructor(id: string, bus: MemoryBus, rules: SeatRules, now: () => number) {
    this.#id = id;
    this.#broker = createMemoryBroker({ idempotencyTtl: 1000, bus });
    const orders = new Orders(this.#broker, this.counters);
    const questions = new Questions(orders, id, this.counters);
    this.#seats = new Seats({ orders, questions, counters: this.counters, now }, rules);
    orders.on('close', ({ code, connection }) => {
      assert.equal(code, 4410);
      this.closed.push(connection!);
      this.close(connection!);
    });
    void this.#broker.start({
      received: (channel, bytes) => {
        if (isOrder(bytes) && !this.deaf) orders.received(channel, bytes);
      },
      stateChanged() {},
      roundTrip() {},
    });
    void this.#broker.subscribe(gatewayChannel(id));
  }

  /** A tab of the user comes; resolves to its connection when it is in. */
  async open(): Promise<string | undefined> {
    const connection = `${this.#id}-${this.#numbered++}`;
    this.tabs.add(connection);
    await this.#broker.subscribe(userChannel(user));
    if (!this.tabs.has(connection)) return undefined;
    if (await this.#seats.take(user, connection)) return connection;
    this.close(connection);
    return undefined;
  }

  close(connection: string): void {
    this.tabs.delete(connection);
    this.#seats.leave(user, connection);
  }

  /** Ends without a word. */
  kill(): Promise<void> {
    this.tabs.clear();
    return this.#broker.close();
  }
}

interface Cluster {
  readonly gateways: readonly [SmallGateway, SmallGateway];
  /** Tabs in the cluster. */
  tabs(): string[];
}

/** @param skew how far the clock of the second gateway is ahead */
function cluster(given: Partial<SeatRules>, skew = 7): Cluster {
  const bus = new MemoryBus();
  const rules: SeatRules = { maxTabsPerUser: cap, maxTabsPolicy: 'reject', limitsDryRun: false, ...given };
  let now = 1000;
  const gateways = [
    new SmallGateway('one', bus, rules, () => now++),
    new SmallGateway('two', bus, rules, () => now++ + skew),
  ] as const;
  return { gateways, tabs: () => gateways.flatMap(({ tabs }) => [...tabs]) };
}

describe('seats of a user', () => {
  for (const maxTabsPolicy of ['reject', 'close-oldest'] as const)
    test(`${maxTabsPolicy}: of fifty tabs at once on two gateways exactly ten remain, however they come`, async () => {
      for (let seed = 1; seed <= 50; seed++) {
        const random = new Random(seed);
        const { gateways, tabs } = cluster({ maxTabsPolicy });
        const opening: Promise<unknown>[] = [];
        for (let count = 0; count < 50; count++) {
          opening.push(gateways[random.below(2)]!.open());
          if (random.below(4) === 0) await turn();
        }
        await Promise.all(opening);
        for (let wait = 0; wait < 10; wait++) await turn();
        assert.equal(tabs().length, cap, `seed ${seed}`);
        assert.deepEqual(
          gateways.map(({ counters }) => counters.seatsUnsure),
          [0, 0],
        );
      }
    });

  test('reject: those who were there stay, and one who goes makes room for one', async () => {
    const { gateways, tabs } = cluster({});
    const first: (string | undefined)[] = [];
    for (let count = 0; count < cap; count++) first.push(await gateways[count % 2]!.open());
    assert.equal(await gateways[0].open(), undefined);
    assert.equal(await gateways[1].open(), undefined);
    assert.deepEqual(tabs().toSorted(), first.toSorted());
    gateways[0].close(first[0]!);
    assert.notEqual(await gateways[1].open(), undefined);
    assert.equal(await gateways[0].open(), undefined);
    assert.equal(gateways[0].counters.limitsHit['user-tabs'], 2);
  });

  test('close-oldest: the newest tabs stay', async () => {
    const { gateways, tabs } = cluster({ maxTabsPolicy: 'close-oldest' }, 0);
    const opened: (string | undefined)[] = [];
    for (let count = 0; count < 25; count++) opened.push(await gateways[count % 2]!.open());
    await turn();
    assert.deepEqual(tabs().toSorted(), opened.slice(-cap).toSorted());
    const closed = gateways.flatMap((gateway) => gateway.closed);
    assert.deepEqual(closed.toSorted(), opened.slice(0, 15).toSorted());
  });

  test('the tabs of a gateway that has died do not count', async () => {
    const { gateways, tabs } = cluster({});
    for (let count = 0; count < cap; count++) await gateways[1].open();
    assert.equal(await gateways[0].open(), undefined);
    await gateways[1].kill();
    for (let count = 0; count < cap; count++) assert.notEqual(await gateways[0].open(), undefined);
    assert.equal(await gateways[0].open(), undefined);
    assert.equal(tabs().length, cap);
  });

  test('a tab that goes while it asks takes nobody’s place', async () => {
    const { gateways } = cluster({ maxTabsPolicy: 'close-oldest' });
    for (let count = 0; count < cap; count++) await gateways[0].open();
    const asking = gateways[1].open();
    while (gateways[1].counters.orders.seat === 0) await turn();
    gateways[1].close('two-0');
    await asking;
    await turn();
    assert.equal(gateways[0].tabs.size, cap);
  });

  test('a dry run only counts', async () => {
    const { gateways, tabs } = cluster({ limitsDryRun: true });
    for (let count = 0; count < cap + 5; count++) await gateways[0].open();
    assert.equal(tabs().length, cap + 5);
    assert.equal(gateways[0].counters.limitsHit['user-tabs'], 5);
  });

  test('without a cap nobody is asked', async () => {
    const { gateways } = cluster({ maxTabsPerUser: 0 });
    assert.notEqual(await gateways[0].open(), undefined);
    assert.equal(gateways[0].counters.orders.seat, 0);
  });

  test('a gateway that does not answer keeps nobody out, and its silence is counted', async () => {
    const { gateways, tabs } = cluster({ maxTabsPerUser: 1 });
    await gateways[1].open();
    gateways[1].deaf = true;
    assert.notEqual(await gateways[0].open(), undefined);
    assert.equal(tabs().length, 2);
    assert.equal(gateways[0].counters.seatsUnsure, 1);
    gateways[1].deaf = false;
    assert.equal(await gateways[1].open(), undefined, 'who was let in like that is seen by the next one');
  });

  test('a tab counts although its own gateway did not hear it ask', async () => {
    const { gateways } = cluster({ maxTabsPerUser: 1 });
    gateways[0].deaf = true;
    assert.notEqual(await gateways[0].open(), undefined);
    gateways[0].deaf = false;
    assert.equal(await gateways[1].open(), undefined);
  });
});
