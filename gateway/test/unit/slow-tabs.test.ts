import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { ReplaceableFrame } from '../../src/fanout/frame.js';
import { Counters } from '../../src/metrics/counters.js';
import type { CloseNumber } from '../../src/tab/connection.js';
import { type LaggingTab, SlowTabs } from '../../src/tab/slow-tabs.js';

/** A tab whose client reads when the test says so. What it is sent counts as much as `weight` says. */
class StubbornTab implements LaggingTab {
  readonly encoding = 'json';
  readonly socket = this;
  readonly got: unknown[] = [];
  closed: CloseNumber | undefined;
  waiting = 0;
  /** Bytes that the kernel refuses of each frame. */
  weight = 0;

  write(frame: string | Uint8Array): void {
    this.got.push(JSON.parse(Buffer.from(frame).toString()).details[0]);
    this.waiting += this.weight;
  }
  close(code: CloseNumber): void {
    this.closed ??= code;
  }
  together(write: () => void): void {
    write();
  }
  subscribe(): void {}
  unsubscribe(): void {}
}

describe('tabs that are behind', () => {
  let now: number;
  let tabs: StubbornTab[];
  let counters: Counters;
  let slowTabs: SlowTabs;

  beforeEach(() => {
    [now, tabs, counters] = [0, [], new Counters()];
    slowTabs = new SlowTabs({
      ...{ stallTimeout: 10_000, maxBackpressure: 100_000, counters },
      tabs: () => tabs.values(),
      size: () => tabs.length,
      now: () => now,
    });
  });

  function newTab(): StubbornTab {
    const tab = new StubbornTab();
    tabs.push(tab);
    return tab;
  }

  /** Lets time pass, with a look at the tabs every 100 ms. */
  function pass(time: number): void {
    for (const end = now + time; now < end; ) {
      now += 100;
      slowTabs.tick();
    }
  }

  function read(tab: StubbornTab, left: number): void {
    tab.waiting = left;
    slowTabs.drained(tab);
  }

  function publish(tab: StubbornTab, action: string, detail: unknown, channel = 'all'): void {
    const json = Buffer.from(JSON.stringify({ action, details: [detail] }));
    slowTabs.deliver(tab, new ReplaceableFrame(json, channel));
    // The bytes are the frame's only during the call.
    json.fill(0);
  }

  describe('stalling', () => {
    test('who reads nothing of much for the stall timeout is closed', () => {
      const tab = newTab();
      tab.waiting = 16_385;
      pass(9900);
      assert.equal(tab.closed, undefined);
      assert.equal(slowTabs.size, 1);
      pass(1200);
      assert.equal(tab.closed, 4008);
    });

    test('who reads a byte a second is closed all the same', () => {
      const tab = newTab();
      tab.waiting = 200_000;
      for (let second = 0; second < 12; second++) {
        pass(1000);
        read(tab, tab.waiting - 1);
      }
      assert.equal(tab.closed, 4008);
    });

    test('who catches up in time may fall behind again', () => {
      const tab = newTab();
      for (let round = 0; round < 10; round++) {
        tab.waiting = 200_000;
        pass(8000);
        read(tab, 8192);
        assert.equal(slowTabs.size, 0);
      }
      assert.equal(tab.closed, undefined);
    });

    test('to read a part is not to catch up', () => {
      const tab = newTab();
      tab.waiting = 200_000;
      pass(8000);
      read(tab, 8193);
      pass(3000);
      assert.equal(tab.closed, 4008);
    });

    test('who has little waiting is left alone', () => {
      const tab = newTab();
      tab.waiting = 16_384;
      pass(60_000);
      assert.equal(tab.closed, undefined);
      assert.equal(slowTabs.size, 0);
    });

    test('of many tabs all are looked at, those that come meanwhile too', () => {
      for (let count = 0; count < 995; count++) newTab();
      pass(500);
      for (let count = 0; count < 500; count++) newTab();
      for (const tab of tabs) tab.waiting = 20_000;
      pass(12_500);
      assert.equal(tabs.filter(({ closed }) => closed === 4008).length, tabs.length);
    });

    test('who has gone is forgotten', () => {
      const tab = newTab();
      tab.waiting = 20_000;
      pass(2000);
      tabs.pop();
      slowTabs.forget(tab);
      pass(20_000);
      assert.equal(tab.closed, undefined);
      assert.equal(slowTabs.size, 0);
    });
  });

  describe('only the latest', () => {
    test('who reads gets everything', () => {
      const tab = newTab();
      for (const price of [1, 2, 3]) publish(tab, 'price', price);
      assert.deepEqual(tab.got, [1, 2, 3]);
      assert.equal(counters.conflated, 0);
    });

    test('who is behind gets the latest of each action in the order of the latest, and then everything', () => {
      const tab = newTab();
      tab.weight = 10;
      for (const price of [1, 2, 3]) publish(tab, 'price', price);
      publish(tab, 'news', 'a');
      publish(tab, 'price', 4);
      assert.deepEqual(tab.got, [1]);
      assert.equal(slowTabs.size, 1);
      tab.weight = 0;
      read(tab, 0);
      assert.deepEqual(tab.got, [1, 'a', 4]);
      publish(tab, 'price', 5);
      assert.deepEqual(tab.got, [1, 'a', 4, 5]);
      assert.equal(counters.conflated, 2);
      assert.equal(slowTabs.size, 0);
    });

    test('nothing overtakes what was kept back, not even when the kernel has just taken the rest', () => {
      const tab = newTab();
      tab.waiting = 1;
      publish(tab, 'a', 1);
      tab.waiting = 0;
      publish(tab, 'b', 2);
      slowTabs.drained(tab);
      assert.deepEqual(tab.got, [1, 2]);
    });

    test('the same action in another channel is another thing', () => {
      const tab = newTab();
      tab.waiting = 1;
      publish(tab, 'price', 'gold', 'group:gold');
      publish(tab, 'price', 'silver', 'group:silver');
      read(tab, 0);
      assert.deepEqual(tab.got, ['gold', 'silver']);
    });

    test('who leaves a channel gets nothing of it that was kept back, and of others everything', () => {
      const tab = newTab();
      tab.waiting = 1;
      for (const metal of ['gold', 'silver']) publish(tab, 'price', metal, `group:${metal}`);
      slowTabs.left(tab, 'group:gold');
      read(tab, 0);
      assert.deepEqual(tab.got, ['silver']);
      tab.waiting = 1;
      publish(tab, 'price', 'more', 'group:silver');
      slowTabs.left(tab, 'group:silver');
      slowTabs.drained(tab);
      assert.equal(slowTabs.size, 0);
    });

    test('what was kept back is written only as far as it is read', () => {
      const tab = newTab();
      tab.weight = 10;
      for (const action of ['a', 'b', 'c']) publish(tab, action, `${action}1`);
      read(tab, 0);
      assert.deepEqual(tab.got, ['a1', 'b1']);
      publish(tab, 'c', 'c2');
      publish(tab, 'a', 'a2');
      read(tab, 5);
      assert.deepEqual(tab.got, ['a1', 'b1'], 'it has not read everything');
      read(tab, 0);
      read(tab, 0);
      assert.deepEqual(tab.got, ['a1', 'b1', 'c2', 'a2']);
    });

    test('more than 100 actions close the tab as slow', () => {
      const tab = newTab();
      tab.waiting = 1;
      for (let action = 0; action < 100; action++) publish(tab, `${action}`, 0);
      assert.equal(tab.closed, undefined);
      publish(tab, 'one more', 0);
      assert.equal(tab.closed, 4001);
    });

    test('more bytes than may wait close the tab as slow; those that were replaced do not count', () => {
      const tab = newTab();
      tab.waiting = 1;
      for (let round = 0; round < 10; round++) publish(tab, 'a', 'x'.repeat(60_000));
      assert.equal(tab.closed, undefined);
      publish(tab, 'b', 'x'.repeat(60_000));
      assert.equal(tab.closed, 4001);
    });

    test('who reads nothing for the stall timeout is closed, who reads now and then is not', () => {
      const [dead, slow] = [newTab(), newTab()];
      for (let second = 0; second < 60; second++) {
        for (const tab of [dead, slow]) publish(tab, 'price', second);
        for (const tab of [dead, slow]) tab.weight = 10;
        pass(1000);
        if (second % 8 === 7) read(slow, 0);
      }
      assert.equal(dead.closed, 4008);
      assert.equal(slow.closed, undefined);
    });
  });
});
