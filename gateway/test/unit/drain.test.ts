import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '@tabcast/shared';
import { Drain } from '../../src/leaving/drain.js';
import { Random } from '../support/random.js';
import { distanceFromEven } from '../support/spread.js';

interface FakeTab {
  readonly state: string;
  readonly since: number;
  readonly heard: number;
  readonly tabCount: number;
  readonly told: Frame[];
  readonly closes: { code: number; at: number }[];
  readonly socket: { close(code: number): void };
  send(frame: Frame): void;
}

/** A gateway with tabs, and a clock that leaps over every pause. */
function gateway({ tabs: count, window, lameDuck = 0 }: { tabs: number; window: number; lameDuck?: number }) {
  const clock = { at: 1000 };
  const here = new Set<FakeTab>();
  const events: string[] = [];
  /** What happens at a time, or at the end of the pause that it falls into. */
  const later: { at: number; act: () => void }[] = [];
  let reading = 0;

  const pause = async (ms: number) => {
    await undefined;
    clock.at += ms;
    while (later[0] !== undefined && later[0].at <= clock.at) later.shift()!.act();
  };
  const drain = new Drain(
    {
      tabs: () => here,
      count: () => here.size + reading,
      stopAccepting: () => events.push(`closed the door at ${clock.at - 1000}`),
      clock: { now: () => clock.at, pause },
      random: new Random(1).part,
    },
    { drainLameDuck: lameDuck, drainWindow: window },
  );
  const add = (state = 'open') => {
    const tab: FakeTab = {
      ...{ state, since: 0, heard: 0, tabCount: 1, told: [], closes: [] },
      socket: {
        close(code) {
          tab.closes.push({ code, at: clock.at - 1000 });
          here.delete(tab);
        },
      },
      send: (frame) => tab.told.push(frame),
    };
    here.add(tab);
    return tab;
  };
  const tabs = Array.from({ length: count }, () => add());
  return {
    ...{ drain, tabs, here, add, events },
    /** ms since the beginning. */
    elapsed: () => clock.at - 1000,
    at: (time: number, act: () => void) => later.push({ at: 1000 + time, act }),
    setReading: (number: number) => {
      reading = number;
    },
  };
}

const hintOf = (tab: FakeTab) => (tab.told[0]!.details[0] as { closesIn: number }).closesIn;

describe('a drain', () => {
  test('tells every tab its own time, and keeps it', async () => {
    const { drain, tabs } = gateway({ tabs: 2000, window: 60_000 });
    await drain.run();
    for (const tab of tabs) {
      assert.deepEqual(tab.told, [{ action: 'sys/reconnect', details: [{ closesIn: hintOf(tab) }] }]);
      assert.equal(tab.closes.length, 1);
      const [{ code, at }] = tab.closes as [{ code: number; at: number }];
      assert.equal(code, 4000);
      assert.ok(Math.abs(at - hintOf(tab)) <= 1, `told ${hintOf(tab)}, closed at ${at}`);
    }
  });

  test('spreads the closes evenly over the window, in an order that has nothing to do with that of coming', async () => {
    const { drain, tabs } = gateway({ tabs: 1000, window: 60_000 });
    await drain.run();
    const times = tabs.map(({ closes }) => closes[0]!.at);
    assert.ok(distanceFromEven(times, 60_000) < 0.002);
    const rises = times.filter((time, index) => index > 0 && time > times[index - 1]!).length;
    assert.ok(rises > 400 && rises < 600, `${rises} of 999 close after the one who came before`);
  });

  test('accepts for the lame duck, and lets those who came then go like the others', async () => {
    const { drain, at, add, events } = gateway({ tabs: 3, window: 1000, lameDuck: 5000 });
    let late: FakeTab | undefined;
    at(4000, () => {
      late = add();
    });
    await drain.run();
    assert.deepEqual(events, ['closed the door at 5000']);
    assert.ok(hintOf(late!) <= 1000);
    assert.ok(late!.closes[0]!.at >= 5000);
  });

  test('is over when the last tab has gone, by itself or not', async () => {
    const { drain, at, here, elapsed } = gateway({ tabs: 5, window: 60_000 });
    at(300, () => here.clear());
    await drain.run();
    assert.ok(elapsed() < 1000, `${elapsed()}`);
  });

  test('is over at once where there is nobody', async () => {
    const { drain, elapsed } = gateway({ tabs: 0, window: 60_000 });
    await drain.run();
    assert.equal(elapsed(), 0);
    assert.equal(drain.progress, 1);
  });

  test('closes a tab before its welcome without a word', async () => {
    const { drain, add } = gateway({ tabs: 0, window: 1000 });
    const early = add('joining');
    await drain.run();
    assert.deepEqual([early.told.length, early.closes.length], [0, 1]);
  });

  test('closes who came through after the door was closed', async () => {
    const { drain, at, add, elapsed } = gateway({ tabs: 50, window: 1000 });
    let late: FakeTab | undefined;
    at(500, () => {
      late = add();
    });
    await drain.run();
    assert.equal(late!.closes[0]!.code, 4000);
    assert.ok(elapsed() <= 1000, `${elapsed()}`);
  });

  test('without a window closes all at once, and tells nobody', async () => {
    const { drain, tabs, elapsed } = gateway({ tabs: 10, window: 0 });
    await drain.run();
    assert.equal(elapsed(), 0);
    for (const { told, closes } of tabs) assert.deepEqual([told.length, closes.length], [0, 1]);
  });

  test('hurried, closes what is left at once', async () => {
    const { drain, tabs, at, elapsed } = gateway({ tabs: 1000, window: 60_000, lameDuck: 5000 });
    at(20_000, () => drain.hurry());
    await drain.run();
    assert.ok(elapsed() >= 20_000 && elapsed() < 20_200, `${elapsed()}`);
    assert.ok(tabs.every(({ closes }) => closes.length === 1));
  });

  test('hurried from the start, does not wait for anything', async () => {
    const { drain, tabs, elapsed } = gateway({ tabs: 1000, window: 60_000, lameDuck: 5000 });
    drain.hurry();
    await drain.run();
    assert.equal(elapsed(), 0);
    assert.ok(tabs.every(({ told, closes }) => told.length === 0 && closes.length === 1));
  });

  test('waits a few seconds, and no longer, for clients that have yet to read', async () => {
    const { drain, setReading, elapsed } = gateway({ tabs: 1, window: 0 });
    setReading(1);
    await drain.run();
    assert.equal(elapsed(), 5000);
  });

  test('closes who comes even while it waits for them', async () => {
    const { drain, setReading, at, add, elapsed } = gateway({ tabs: 1, window: 0 });
    setReading(1);
    let late: FakeTab | undefined;
    at(1000, () => {
      late = add();
      setReading(0);
    });
    await drain.run();
    assert.equal(late!.closes[0]!.code, 4000);
    assert.ok(elapsed() < 1500, `${elapsed()}`);
  });

  test('says how far it is', async () => {
    const { drain, at } = gateway({ tabs: 100, window: 10_000, lameDuck: 1000 });
    const seen: [number, number][] = [];
    const look = () => seen.push([drain.remaining, drain.progress]);
    look();
    for (const time of [500, 6000]) at(time, look);
    await drain.run();
    look();
    const [before, duck, half, after] = seen as [number, number][];
    assert.deepEqual(
      [before, duck, after],
      [
        [0, 0],
        [100, 0],
        [0, 1],
      ],
    );
    assert.ok(Math.abs(half![0] - 50) <= 2 && Math.abs(half![1] - 0.5) < 0.02, String(half));
  });

  test('asked twice, is one drain', async () => {
    const { drain, events } = gateway({ tabs: 1, window: 100 });
    await Promise.all([drain.run(), drain.run()]);
    assert.equal(events.length, 1);
  });
});
