import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../src/metrics/counters.js';
import { MetricsPage } from '../../src/metrics/page.js';
import { type Figures, type Gathered, PageTogether } from '../../src/metrics/together.js';

/** The page of several workers, made of real pages of single ones. */

interface State {
  tabs?: number;
  deliveries?: number;
  live?: boolean;
  roundTrips?: number[];
}

/** A page with these figures. Readings that no test looks at are zero. */
function pageOf({ tabs = 0, deliveries = 0, live = true, roundTrips = [] }: State): MetricsPage {
  const counters = new Counters();
  counters.deliveries = deliveries;
  counters.handshakes.accepted = tabs;
  const known = { counters, version: '1.2.3', tabs: () => tabs, brokerLive: () => live };
  const readings = new Proxy(known, { get: (given, name) => Reflect.get(given, name) ?? (() => 0) });
  const page = new MetricsPage(readings as unknown as ConstructorParameters<typeof MetricsPage>[0]);
  for (const seconds of roundTrips) page.observe('roundTrip', seconds);
  return page;
}

const figuresOf = (state: State) => pageOf(state).figures();

/** The page of workers of which some did not answer. */
async function render(fresh: State[], stale: State[] = []): Promise<(name: string) => number | undefined> {
  const gathered: Gathered = {
    fresh: await Promise.all(fresh.map(figuresOf)),
    stale: await Promise.all(stale.map(figuresOf)),
  };
  // As through the channel.
  const gather = async () => structuredClone(gathered);
  const page = new PageTogether(pageOf({}), { carried: undefined, reportBy: () => {}, gather });
  return valuesOf(await page.render());
}

function valuesOf(text: string): (name: string) => number | undefined {
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  };
}

test('counters, histograms and gauges that add up are added up', async () => {
  const value = await render([
    { tabs: 3, deliveries: 10, roundTrips: [0.002, 3] },
    { tabs: 4, deliveries: 5, roundTrips: [0.002] },
  ]);
  assert.equal(value('tabcast_tabs'), 7);
  assert.equal(value('tabcast_deliveries_total'), 15);
  assert.equal(value('tabcast_handshakes_total{outcome="accepted"}'), 7);
  assert.equal(value('tabcast_handshakes_total{outcome="origin"}'), 0);
  assert.equal(value('tabcast_broker_round_trip_seconds_count'), 3);
  assert.equal(value('tabcast_broker_round_trip_seconds_bucket{le="0.0025"}'), 2);
  assert.equal(value('tabcast_broker_round_trip_seconds_bucket{le="+Inf"}'), 3);
  assert.equal(value('tabcast_workers'), 2);
});

test('what does not add up: the worst broker, one version', async () => {
  const value = await render([{ live: true }, { live: false }]);
  assert.equal(value('tabcast_broker_live'), 0);
  assert.equal(value('tabcast_build_info{version="1.2.3"}'), 1);
});

test('the latest start, since that is a worker that had to be replaced', async () => {
  const value = await render([{}, {}]);
  const started = value('process_start_time_seconds')!;
  assert.ok(Math.abs(started - Date.now() / 1000) < 3600, `${started}`);
});

test('of one that does not answer only what it had counted is there', async () => {
  const value = await render([{ tabs: 3, deliveries: 10 }], [{ tabs: 4, deliveries: 5, live: false }]);
  assert.equal(value('tabcast_tabs'), 3);
  assert.equal(value('tabcast_broker_live'), 1);
  assert.equal(value('tabcast_workers'), 1);
  assert.equal(value('tabcast_deliveries_total'), 15);
});

test('a successor goes on from what its predecessor had counted, and says so to its own successor', async () => {
  const report = async (state: State, carried: Figures | undefined): Promise<Figures> => {
    let read: (() => Promise<Figures>) | undefined;
    const reportBy = (given: () => Promise<Figures>) => {
      read = given;
    };
    new PageTogether(pageOf(state), { carried, reportBy, gather: () => assert.fail() });
    return structuredClone(await read!());
  };
  const first = await report({ tabs: 1, deliveries: 100, roundTrips: [1] }, undefined);
  const second = await report({ tabs: 2, deliveries: 10, roundTrips: [1] }, first);
  const third = await report({ tabs: 4, deliveries: 1, roundTrips: [1] }, second);
  const gather = async () => ({ fresh: [third], stale: [] });
  const page = new PageTogether(pageOf({}), { carried: undefined, reportBy: () => {}, gather });
  const value = valuesOf(await page.render());
  assert.equal(value('tabcast_deliveries_total'), 111);
  assert.equal(value('tabcast_broker_round_trip_seconds_count'), 3);
  assert.equal(value('tabcast_tabs'), 4);
  assert.equal(value('tabcast_workers'), 1);
});
