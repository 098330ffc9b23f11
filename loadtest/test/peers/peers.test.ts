import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { peers, peersNamed, yardstick } from '../../peers/all.js';
import { noLosses } from '../../src/books/ledger.js';
import { usualTextBytes } from '../../src/books/message.js';
import { Fleet } from '../../src/fleet/fleet.js';
import type { FleetPlan } from '../../src/fleet/plan.js';
import { Sender } from '../../src/sending/sender.js';
import { RedisServer } from '../../src/servers/redis.js';
import type { Destination, Target } from '../../src/servers/target.js';

const users = 20;
const tabsPerUser = 2;

/** Of each stream. */
const messages = 20;

const destinations: Destination[] = [
  { all: true },
  { registered: true },
  ...Array.from({ length: users }, (_, user) => ({ user: `u${user}` })),
];

/** Each peer that is installed delivers what it is sent, to those it is for, once and in order. */
describe('peers', () => {
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });

  after(() => redis.stop());

  for (const peer of peers)
    test(`${peer.name} delivers exactly`, { skip: peer.missing() ?? false }, async () => {
      const target = await peer.start({ redis });
      const fleet = new Fleet();
      try {
        await fleet.open(planOf(target));
        const sent = await sendTo(target);
        const expected = users * tabsPerUser * messages * 3;
        for (let glances = 0; fleet.read().received < expected && glances < 200; glances++) await sleep(10);
        assert.deepEqual(fleet.settle(sent), noLosses);
        assert.equal(fleet.read().received, expected);
        assert.deepEqual(fleet.read().closes, {});
        const usage = await target.usage();
        assert.ok(usage.every(({ cpuMicros, residentBytes }) => cpuMicros > 0 && residentBytes > 0));
      } finally {
        fleet.cut();
        await target.stop();
      }
    });
});

function planOf(target: Target): FleetPlan {
  const tabs = Array.from({ length: users * tabsPerUser }, (_, tab) => {
    const user = Math.floor(tab / tabsPerUser);
    return { ...target.tab({ user: `u${user}` }), streams: [0, 1, 2 + user] };
  });
  const { servers, dialect } = target;
  return { servers, dialect, textBytes: usualTextBytes, tabs, perSecond: 4000, inFlight: 200 };
}

/** Sends everything, and tells how many messages of each stream. */
async function sendTo(target: Target): Promise<readonly number[]> {
  const streams = destinations.length;
  const way = await target.way(destinations, usualTextBytes);
  const plan = { way, streams, textBytes: usualTextBytes, perSecond: 2000, total: streams * messages };
  const { sent, refused } = await new Sender().send(plan);
  assert.deepEqual(
    [...sent, ...refused],
    [...destinations.map(() => messages), ...destinations.map(() => 0)],
  );
  return sent;
}

describe('the list of peers', () => {
  test('has names that differ, the yardstick among them', () => {
    const names = peers.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes(yardstick));
  });

  test('is picked from by name, in its own order', () => {
    assert.deepEqual(
      peersNamed(['tabcast', 'raw']).map(({ name }) => name),
      ['raw', 'tabcast'],
    );
    assert.throws(() => peersNamed(['tabcat']), /peer "tabcat": expected raw, floor, /);
  });

  test('says what a reader has to know of each, in its own folder too', () => {
    for (const { name, remarks } of peers) {
      const folder = name.startsWith('socketio') ? 'socketio' : name.split('-')[0]!;
      assert.ok(existsSync(new URL(`../../../peers/${folder}/README.md`, import.meta.url)), name);
      assert.ok(remarks.endsWith('.'), name);
    }
  });
});
