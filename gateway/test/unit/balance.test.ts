import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RosterEntry } from '../../src/broker/registry.js';
import { Balance } from '../../src/leaving/balance.js';
import { idlest } from '../../src/leaving/idlest.js';
import { Random } from '../support/random.js';

const beat = 2000;

function entry(gateway: string, tabs: number, state: 'ready' | 'draining' = 'ready'): RosterEntry {
  return {
    ...{ gateway, tabs, state, version: '1', started: 0, users: tabs, framesPerSecond: 0 },
    ...{ deliveriesPerSecond: 0, lag: 0, memory: 0, capacity: 100_000, age: 0 },
  };
}

/** Where the load balancer puts a tab that was shed by `from`. */
type LoadBalancer = (tabs: readonly number[], from: number) => number;

interface Simulated {
  readonly tabs: readonly number[];
  /** Tabs that were shed in the first half, and in the second. */
  readonly shed: readonly [number, number];
  /** By how many tabs a gateway shed more in one beat than 0.5 % of its tabs per second. */
  readonly tooMany: number;
}

/**
 * A cluster over many beats. A tab that is shed goes 5 s later and is back 2 s after that; rosters are a beat old.
 * @param churn tabs that reconnect by themselves per beat
 */
function simulate(start: readonly number[], loadBalancer: LoadBalancer, beats: number, churn = 0): Simulated {
  const random = new Random(1);
  const tabs = [...start];
  const told = tabs.map(() => 0);
  const balances = tabs.map(() => new Balance());
  const [goesAt, comesAt] = [new Map<number, number[]>(), new Map<number, number[]>()];
  const shed: [number, number] = [0, 0];
  let tooMany = 0;
  let roster = tabs.map((count, index) => entry(`g${index}`, count));
  const push = (map: Map<number, number[]>, at: number, from: number) =>
    map.set(at, [...(map.get(at) ?? []), from]);
  for (let round = 0; round < beats; round++) {
    for (const from of goesAt.get(round) ?? []) {
      tabs[from]!--;
      told[from]!--;
      push(comesAt, round + 1, from);
    }
    for (const from of comesAt.get(round) ?? []) tabs[loadBalancer(tabs, from)]!++;
    for (let moved = 0; moved < churn; moved++) {
      const from = random.below(tabs.length);
      tabs[from]!--;
      tabs[loadBalancer(tabs, from)]!++;
    }
    const next = tabs.map((count, index) => entry(`g${index}`, count));
    for (const [index, balance] of balances.entries()) {
      const own = { gateway: `g${index}`, tabs: tabs[index]!, told: told[index]! };
      const count = balance.decide({ ...own, now: round * beat, roster });
      tooMany = Math.max(tooMany, count - 0.005 * (beat / 1000) * tabs[index]!);
      shed[round < beats / 2 ? 0 : 1] += count;
      told[index]! += count;
      for (let one = 0; one < count; one++) push(goesAt, round + 3, index);
    }
    roster = next;
  }
  return { tabs, shed, tooMany };
}

const random = new Random(2);
const atRandom: LoadBalancer = (tabs) => random.below(tabs.length);
const toTheEmptiest: LoadBalancer = (tabs) => tabs.indexOf(Math.min(...tabs));
const backToTheSame: LoadBalancer = (_, from) => from;
let turn = 0;
const inTurn: LoadBalancer = (tabs) => turn++ % tabs.length;

const mean = (tabs: readonly number[]) => tabs.reduce((sum, count) => sum + count, 0) / tabs.length;

describe('the balance', () => {
  const clusters: number[][] = [
    [10_000, 0],
    [5000, 5000, 0],
    [3000, 3000, 3000, 3000, 0, 0],
    [200, 0],
    [40_000, 20_000, 100],
  ];
  const balancers = { atRandom, toTheEmptiest, inTurn };

  for (const start of clusters)
    for (const [name, loadBalancer] of Object.entries(balancers))
      test(`${start}, ${name}: ends within 10 % and then rests`, () => {
        const { tabs, shed, tooMany } = simulate(start, loadBalancer, 2000);
        const limit = mean(start) + Math.max(10, mean(start) * 0.1) + 1;
        assert.ok(
          tabs.every((count) => count <= limit),
          `${tabs}, limit ${limit}`,
        );
        assert.equal(shed[1], 0, 'nothing moves in the second half');
        const surplus = start.reduce((sum, count) => sum + Math.max(0, count - mean(start)), 0);
        assert.ok(shed[0] <= 3.5 * surplus, `${shed[0]} for a surplus of ${surplus}`);
        assert.ok(tooMany <= 1, `${tooMany}`);
      });

  test('with tabs that come and go by chance, hardly anybody is shed', () => {
    const { tabs, shed } = simulate([5000, 5000, 5000, 5000], atRandom, 3000, 40);
    assert.equal(shed[0] + shed[1], 0, `${tabs}`);
  });

  test('stops where every tab comes back, whatever it does', () => {
    const start = [10_000, 0];
    const { tabs, shed } = simulate(start, backToTheSame, 1700);
    assert.ok(mean(tabs) > 4700);
    assert.ok(shed[0] < 3000, `${shed[0]} of 10000 tabs were shed in vain`);
    assert.equal(shed[1], 0, 'not again within the hour');
  });

  describe('does nothing', () => {
    /** How many of 1000 tabs are shed in so many seconds, in which the roster stays what it is. */
    function shedIn(seconds: number, roster: RosterEntry[], { tabs = 1000, told = 0 } = {}): number {
      const balance = new Balance();
      let shed = 0;
      for (let now = 1000; now <= 1000 + seconds * 1000; now += beat)
        shed += balance.decide({ now, gateway: 'a', tabs, told, roster });
      return shed;
    }
    const uneven = [entry('a', 1000), entry('b', 0)];

    test('in the first 30 s after the roster has changed', () => {
      assert.equal(shedIn(28, uneven), 0);
      assert.equal(shedIn(30, uneven), 10);
    });
    test('again when it changes later', () => {
      const balance = new Balance();
      const decide = (now: number, roster: RosterEntry[]) =>
        balance.decide({ now, gateway: 'a', tabs: 1000, told: 0, roster });
      decide(0, uneven);
      assert.ok(decide(40_000, uneven) > 0);
      assert.equal(decide(42_000, [...uneven, entry('c', 0)]), 0);
    });
    test('while another gateway drains', () => {
      assert.equal(shedIn(60, [entry('a', 1000), entry('b', 0), entry('c', 100, 'draining')]), 0);
    });
    test('alone', () => assert.equal(shedIn(60, [entry('a', 1000)]), 0));
    test('within the tolerance', () => {
      assert.equal(shedIn(60, [entry('a', 1000), entry('b', 820)]), 0);
      assert.ok(shedIn(60, [entry('a', 1000), entry('b', 800)]) > 0);
    });
    test('where enough tabs have been told already', () => {
      assert.equal(shedIn(60, [entry('a', 1000), entry('b', 800)], { told: 30 }), 0);
    });
    test('for a handful of tabs', () =>
      assert.equal(shedIn(600, [entry('a', 15), entry('b', 0)], { tabs: 15 }), 0));
    test('below the mean', () =>
      assert.equal(shedIn(60, [entry('a', 10), entry('b', 900)], { tabs: 10 }), 0));
  });

  test('does not save up what it need not shed', () => {
    const balance = new Balance();
    const decide = (now: number, others: number) =>
      balance.decide({
        now,
        gateway: 'a',
        tabs: 10_000,
        told: 0,
        roster: [entry('a', 0), entry('b', others)],
      });
    for (let now = 0; now < 60_000; now += beat) decide(now, 8180);
    assert.ok(decide(60_000, 0) <= 101);
  });
});

describe('the idlest tabs', () => {
  const tabs = [50, 10, 30, 10, 20, 10].map((heard, index) => ({ heard, index }));
  const chosen = (count: number) => idlest(tabs, count).map(({ index }) => index);

  test('are those that were heard the longest time ago', () => {
    assert.deepEqual(chosen(4).toSorted(), [1, 3, 4, 5]);
    assert.deepEqual(chosen(6).toSorted(), [0, 1, 2, 3, 4, 5]);
  });
  test('are as many as asked for, also where several were heard at the same time', () => {
    assert.equal(chosen(2).length, 2);
    assert.deepEqual(chosen(0), []);
    assert.deepEqual(idlest([], 0), []);
  });
});
