import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beatInterval, leaseTime, type RosterEntry } from '../../src/broker/registry.js';
import { Roster } from '../../src/cluster/roster.js';

function entry(gateway: string, age: number): RosterEntry {
  return {
    ...{ gateway, age, version: '1', started: 0, tabs: 1, users: 1, framesPerSecond: 0 },
    ...{ deliveriesPerSecond: 0, lag: 0, memory: 0, capacity: 10, state: 'ready' },
  };
}

/** A roster that heard at 1000 of ourselves and of one whose last beat was then `age` ms ago. */
function heard(age: number): Roster {
  const roster = new Roster(0);
  roster.take({ roster: [entry('other', age), entry('self', 0)], lapsed: [], revocations: '' }, 1000);
  return roster;
}

const ids = (roster: Roster, now: number) => roster.at(now).map(({ gateway }) => gateway);

test('ages grow between beats', () => {
  assert.deepEqual(
    heard(500)
      .at(1250)
      .map(({ age }) => age),
    [750, 250],
  );
});

test('a lease that runs out between two of our beats is left out at that moment', () => {
  const roster = heard(leaseTime - 100);
  assert.deepEqual(ids(roster, 1099), ['other', 'self']);
  assert.deepEqual(ids(roster, 1100), ['self']);
});

test('when our own beats fail, nobody is declared dead', () => {
  const roster = heard(leaseTime - 100);
  assert.deepEqual(ids(roster, 1000 + 2 * beatInterval - 1), ['self']);
  assert.deepEqual(ids(roster, 1000 + 2 * beatInterval), ['other', 'self']);
  assert.deepEqual(ids(roster, 1_000_000), ['other', 'self']);
});

test('our own lease is taken for lapsed when nothing was heard for its time', () => {
  const roster = heard(0);
  assert.equal(roster.isStale(1000 + leaseTime - 1), false);
  assert.equal(roster.isStale(1000 + leaseTime), true);
  assert.equal(new Roster(5000).isStale(5000 + leaseTime - 1), false);
});
