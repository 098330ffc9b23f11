import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Positions } from '@tabcast/shared';
import { createMemoryBroker } from '../../src/broker/memory/broker.js';
import { Fanout } from '../../src/fanout/fanout.js';
import { Hub } from '../../src/fanout/hub.js';
import { Once } from '../../src/fanout/once.js';
import { Sample } from '../../src/fanout/sample.js';
import { Counters } from '../../src/metrics/counters.js';
import { KeepingTab, settled } from '../support/channel-scene.js';
import { until } from '../support/until.js';

/** Longer than any send is remembered without need, in ms. */
const long = 60_000;

let now: number;
beforeEach(() => {
  now = 0;
});

describe('a send to several channels', () => {
  const [ann, bob] = [new KeepingTab('gw-1'), new KeepingTab('gw-2')];
  let once: Once;
  beforeEach(() => {
    once = new Once(() => now);
  });

  test('is remembered for some seconds, and then forgotten', () => {
    assert.equal(once.first('x', ann), true);
    now = 4999;
    assert.equal(once.first('x', ann), false);
    assert.equal(once.allFirst('x', new Set([ann, bob])), false);
    assert.equal(once.allFirst('x', new Set([bob])), true);
    now = long;
    assert.equal(once.first('x', ann), true);
  });

  test('is not forgotten while a tab is held, however often', () => {
    once.first('before', ann);
    once.hold(ann);
    once.hold(ann);
    assert.equal(once.first('x', ann), true);
    assert.equal(once.allFirst('y', new Set([ann, bob])), true);
    once.release(ann);
    now = long;
    assert.equal(once.first('x', ann), false);
    assert.equal(once.allFirst('y', new Set([bob, ann])), false);
    assert.equal(once.allFirst('y', new Set([bob])), true);
    assert.equal(once.first('before', ann), true);
    once.release(ann);
    now = 2 * long;
    assert.equal(once.first('x', ann), true);
  });
});

describe('a tab that resumes several channels of one send', () => {
  const channels = ['group:a', 'group:b'];
  const tabs: KeepingTab[] = [];
  let fanout: Fanout;

  beforeEach(async () => {
    const broker = createMemoryBroker({ idempotencyTtl: 0 });
    tabs.length = 0;
    fanout = new Fanout({
      ...{ gateway: 'gw', broker, hub: new Hub(), once: new Once(() => now), counters: new Counters() },
      ...{ orders: { received: assert.fail }, log: { error: assert.fail } },
      bus: {
        publish: (topic, bytes, binary) => {
          for (const tab of tabs) if (tab.topics.has(topic)) tab.take(bytes, binary);
        },
        subscribers: (topic) => tabs.filter(({ topics }) => topics.has(topic)).length,
      },
      sample: new Sample(
        () => now,
        () => {},
      ),
      keepFor: () => ({ size: 100, age: 1000 }),
    });
    await broker.start({
      received: (channel, bytes, position) => fanout.received(channel, bytes, position),
      stateChanged: () => {},
      roundTrip: () => {},
    });
  });

  async function enter(room: number, from?: Positions): Promise<KeepingTab> {
    const tab = new KeepingTab(`gw-${tabs.length}`);
    tab.room = room;
    tabs.push(tab);
    const stays = await fanout.enter(tab, channels);
    const resumption = from && (await fanout.resume(tab, stays, from));
    tab.standing = fanout.listen(stays, resumption);
    void resumption?.follow();
    return tab;
  }

  test('gets it on one of them, and its position on the other, however slowly it reads', async () => {
    const witness = await enter(Number.POSITIVE_INFINITY);
    for (const action of ['one', 'two'])
      await fanout.send({ to: { groups: ['a', 'b'] }, action, details: [] });
    await until('it at the witness', () => witness.frames.length === 4);
    const tab = await enter(1, witness.standing!.positions);
    for (let frames = 1; frames <= 4; frames++) {
      await settled();
      assert.equal(tab.frames.length, frames);
      now += long;
      tab.drain(1);
    }
    await settled();
    assert.deepEqual(tab.frames.map(({ action }) => action).toSorted(), [
      'one',
      'sys/position',
      'sys/position',
      'two',
    ]);
    for (const channel of channels) assert.equal(tab.frames.filter(({ at }) => at![0] === channel).length, 2);
  });
});
