import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RosterEntry } from '../../src/broker/registry.js';
import { maxGone, Trends, type TrendsNow, trendInterval, trendLength } from '../../src/cluster/trends.js';

function entry(gateway: string, more: Partial<RosterEntry> = {}): RosterEntry {
  return {
    ...{ gateway, version: '1', started: 0, tabs: 1, users: 1, framesPerSecond: 0, age: 0 },
    ...{ deliveriesPerSecond: 0, lag: 0, memory: 7, capacity: 10, state: 'ready', closes: {} },
    ...more,
  };
}

/** What is known of a gateway in the interval that is not over yet. */
function latest(trends: TrendsNow, gateway: string) {
  return trends.gateways.find((trend) => trend.gateway === gateway)?.samples.at(-1);
}

const minute = 60_000;

test('an interval has the mean of rates, the worst lag, and tabs and memory as they were last', () => {
  const trends = new Trends();
  trends.take([entry('a', { tabs: 5, framesPerSecond: 10, deliveriesPerSecond: 1, lag: 3 })], 10_000);
  trends.take([entry('a', { tabs: 6, framesPerSecond: 40, deliveriesPerSecond: 3, lag: 9 })], 12_000);
  trends.take([entry('a', { tabs: 4, framesPerSecond: 40, deliveriesPerSecond: 2, lag: 1 })], 14_000);
  const { beats, ...sample } = latest(trends.at(14_500, 0), 'a') as unknown as Record<string, number>;
  assert.equal(beats, 3);
  assert.deepEqual(sample, {
    ...{ tabs: 4, framesPerSecond: 30, deliveriesPerSecond: 2, lag: 9, memory: 7, closes: 0 },
  });
});

test('every interval of the last 15 minutes has its time; one without a beat is a gap', () => {
  const trends = new Trends();
  trends.take([entry('a', { tabs: 1 })], 0);
  trends.take([entry('a', { tabs: 3 }), entry('b')], 12_000);
  const { times, gateways } = trends.at(13_000, 1_000_000_003_000);
  assert.equal(times.length, trendLength);
  assert.equal(times.at(-1), 1_000_000_000_000, 'when the present interval began');
  assert.equal(times[0], 1_000_000_000_000 - (trendLength - 1) * trendInterval);
  const tabs = gateways.map(({ gateway, samples }) => [gateway, samples.slice(-4).map((one) => one?.tabs)]);
  assert.deepEqual(tabs, [
    ['a', [undefined, 1, undefined, 3]],
    ['b', [undefined, undefined, undefined, 1]],
  ]);
});

test('after 15 minutes everything is forgotten, of gateways that are gone and of those that stay', () => {
  const trends = new Trends();
  trends.take([entry('gone'), entry('stays', { tabs: 9, closes: { lost: 1 } })], 0);
  trends.take([entry('stays', { tabs: 9, closes: { lost: 3 } })], 2000);
  const before = trends.at(15 * minute - 1, 0);
  assert.deepEqual(
    before.gateways.map(({ gateway, samples }) => [gateway, samples[0]?.tabs]),
    [
      ['gone', 1],
      ['stays', 9],
    ],
  );
  assert.deepEqual(before.closes, { lost: 2 });
  assert.deepEqual(trends.at(15 * minute, 0).gateways, [], 'also where no beat succeeds any more');
  trends.take([entry('stays', { tabs: 2, closes: { lost: 3 } })], 15 * minute);
  const { gateways, closes } = trends.at(15 * minute, 0);
  assert.deepEqual(
    gateways.map(({ gateway, samples }) => [gateway, samples.filter(Boolean).length]),
    [['stays', 1]],
  );
  assert.deepEqual(closes, {});
});

test('closes are counted by reason over all gateways, from when each of them is first seen', () => {
  const trends = new Trends();
  trends.take([entry('a', { closes: { lost: 100 } })], 0);
  trends.take([entry('a', { closes: { lost: 101, idle: 2 } }), entry('b')], 2000);
  trends.take([entry('a', { closes: { lost: 101, idle: 2 } }), entry('b', { closes: { lost: 4 } })], 6000);
  const now = trends.at(6000, 0);
  assert.deepEqual(now.closes, { lost: 5, idle: 2 });
  assert.deepEqual(
    now.gateways.map(({ samples }) => samples.slice(-2).map((one) => one?.closes)),
    [
      [3, 0],
      [0, 4],
    ],
  );
});

test('a gateway whose version says nothing of closes has closed none', () => {
  const trends = new Trends();
  const { closes: _, ...silent } = entry('old');
  trends.take([silent], 0);
  trends.take([silent], 2000);
  assert.equal(latest(trends.at(2000, 0), 'old')?.closes, 0);
});

test('however many gateways come and go, few of those that are gone are remembered', () => {
  const trends = new Trends();
  for (let number = 0; number < 400; number++)
    trends.take([entry('stays'), entry(`short ${number}`)], number * 2000);
  const { gateways } = trends.at(400 * 2000, 0);
  const names = gateways.map(({ gateway }) => gateway);
  assert.ok(names.includes('stays') && names.includes('short 399') && !names.includes('short 0'));
  // Some of the last interval may still be alive.
  assert.ok(names.length > maxGone && names.length <= maxGone + 4, `${names.length}`);
});
