import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { channel, KeepingTab, Scene, settled } from '../support/channel-scene.js';
import { expectNoGapsUntold, steps, take } from '../support/channel-story.js';

describe('continuity of a channel', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene(100);
  });

  test('every tab gets channel and position, in either encoding and on a shared socket', async () => {
    const tabs = [await scene.tabIn(), await scene.tabIn('msgpack'), await scene.tabIn('shared')];
    await scene.send();
    scene.arrive();
    for (const { frames, start } of tabs) {
      assert.equal(start, '1-0');
      assert.deepEqual(frames, [{ at: [channel, '1-1'], action: 'send 1', details: [] }]);
    }
  });

  test('a tab that a publication is not for gets its position', async () => {
    const [left, other] = [await scene.tabIn(), await scene.tabIn()];
    await scene.send({ except: left.connection });
    scene.arrive();
    assert.deepEqual(left.frames, [{ at: [channel, '1-1'], action: 'sys/position', details: [] }]);
    assert.deepEqual(other.story, ['send 1 1-1']);
  });

  test('what is not to be kept has no position', async () => {
    const tab = await scene.tabIn();
    await scene.send({ history: false });
    await scene.send();
    scene.arrive();
    scene.arrive();
    assert.deepEqual(tab.story, ['send 1', 'send 2 1-1']);
  });

  test('where a channel stands is read once, for its first tab', async () => {
    await scene.send();
    scene.arrive();
    const first = await scene.tabIn();
    await scene.send();
    scene.arrive();
    const later = await scene.enter();
    assert.deepEqual([first.start, later.start], ['1-1', '1-2']);
    assert.equal(scene.broker.readings.length, 0);
  });

  test('what arrives before it is known where a channel stands is delivered once, or is not new', async () => {
    const entering = scene.enter();
    await settled();
    await scene.send();
    scene.broker.serve();
    await scene.send();
    scene.arrive();
    scene.arrive();
    scene.broker.answer();
    const tab = await entering;
    await scene.send();
    scene.arrive();
    assert.deepEqual([tab.start, tab.story], ['1-2', ['send 3 1-3']]);
  });

  test('a gap is filled from history, in order, while newer ones wait', async () => {
    const tab = await scene.tabIn();
    for (let count = 0; count < 4; count++) await scene.send();
    scene.arrive();
    scene.arrive(true);
    scene.arrive();
    scene.broker.serve();
    await scene.send({ history: false });
    await scene.send();
    for (let count = 0; count < 3; count++) scene.arrive();
    assert.deepEqual(tab.story, ['send 1 1-1']);
    scene.broker.answer();
    await settled();
    const filled = ['send 2 1-2', 'send 3 1-3', 'send 4 1-4', 'send 5', 'send 6 1-5'];
    assert.deepEqual(tab.story.slice(1), filled);
  });

  test('a gap larger than a page is read page by page', async () => {
    scene = new Scene(1000);
    const tab = await scene.tabIn();
    for (let count = 0; count < 250; count++) await scene.send();
    while (scene.broker.underWay.length > 1) scene.arrive(true);
    scene.arrive();
    for (let pages = 0; pages < 3; pages++) {
      scene.broker.answer();
      await settled();
    }
    assert.deepEqual(
      tab.frames.map(({ at }) => at![1]),
      Array.from({ length: 250 }, (_, index) => `1-${index + 1}`),
    );
  });

  test('what a channel has missed that is quiet since is read to its end', async () => {
    scene = new Scene(1000);
    const tab = await scene.tabIn();
    for (let count = 0; count < 250; count++) await scene.send();
    while (scene.broker.underWay.length > 0) scene.arrive(true);
    scene.fanout.brokerBack();
    while (scene.broker.readings.length > 0) {
      scene.broker.answer();
      await settled();
    }
    assert.equal(tab.frames.length, 250);
  });

  test('a channel is read when the broker is back, and again when that failed', async () => {
    const tab = await scene.tabIn();
    await scene.send();
    scene.arrive(true);
    scene.fanout.brokerBack();
    scene.broker.refuse();
    await settled();
    assert.deepEqual([tab.story, scene.broker.readings.length], [[], 0]);
    scene.fanout.tick();
    scene.broker.answer();
    await settled();
    assert.deepEqual(tab.story, ['send 1 1-1']);
  });

  test('what is missed while a channel is read for the first time is read when the broker is back', async () => {
    const entering = scene.enter();
    await settled();
    await scene.missWhileReading();
    await settled();
    scene.broker.answer();
    await settled();
    assert.deepEqual((await entering).story, ['send 1 1-1']);
  });

  test('a page that does not come in time is asked for in halves, down to one entry', async () => {
    const tab = await scene.tabIn();
    for (let count = 0; count < 3; count++) await scene.send();
    for (let count = 0; count < 3; count++) scene.arrive(true);
    scene.fanout.brokerBack();
    assert.deepEqual(await limitsUntil(1), [100, 50, 25, 13, 7, 4, 2, 1]);
    for (let pages = 0; pages < 4; pages++) {
      scene.broker.answer();
      await settled();
    }
    assert.deepEqual(tab.story, ['send 1 1-1', 'send 2 1-2', 'send 3 1-3']);
    scene.fanout.brokerBack();
    assert.deepEqual(await limitsUntil(1), [100, 50, 25, 13, 7, 4, 2, 1]);
    scene.broker.keepWaiting();
    await settled();
    assert.equal(scene.broker.readings.length, 0);
    scene.fanout.tick();
    assert.equal(scene.broker.readings.length, 1);
  });

  test('a page that did not come in time, so that the broker was down, is asked for with fewer entries when it is back', async () => {
    await scene.tabIn();
    await scene.send();
    scene.arrive(true);
    const limits: number[] = [];
    for (let attempts = 0; attempts < 3; attempts++) {
      scene.fanout.brokerBack();
      limits.push(scene.broker.readings[0]!.request.limit);
      scene.broker.keepWaiting();
      await settled();
      scene.broker.refuse();
      await settled();
    }
    assert.deepEqual(limits, [100, 50, 25]);
    scene.fanout.brokerBack();
    scene.broker.answer();
    await settled();
    scene.fanout.brokerBack();
    assert.equal(scene.broker.readings[0]!.request.limit, 100);
  });

  /** Lets time pass until no more than so many entries are asked for. Returns how many were. */
  async function limitsUntil(least: number): Promise<number[]> {
    const limits = [scene.broker.readings[0]!.request.limit];
    while (limits.at(-1)! > least) {
      scene.broker.keepWaiting();
      await settled();
      limits.push(scene.broker.readings[0]!.request.limit);
    }
    return limits;
  }

  test('a quiet channel is looked at within half a minute or so, a busy one is not', async () => {
    const tab = await scene.tabIn();
    await scene.send();
    scene.arrive(true);
    for (let seconds = 0; seconds < 3; seconds++) {
      scene.fanout.tick();
      scene.broker.answer();
      await settled();
    }
    assert.deepEqual(tab.story, ['send 1 1-1']);
    for (let seconds = 0; seconds < 4; seconds++) {
      await scene.send();
      scene.arrive();
      scene.fanout.tick();
      assert.equal(scene.broker.readings.length, 0);
    }
  });

  test('the last tab that leaves while its channel is read ends the wait', async () => {
    const tab = new KeepingTab('gw-0');
    const entered = scene.fanout.enter(tab, [channel]);
    await settled();
    scene.fanout.forget(tab, [channel]);
    scene.broker.refuse();
    await entered;
    assert.equal(scene.hub.channels, 0);
  });

  test('who enters again before the channel was read is not forgotten', async () => {
    const tab = new KeepingTab('gw-0');
    const waits: Promise<unknown>[] = [];
    for (let round = 0; round < 100; round++) {
      waits.push(scene.fanout.enter(tab, [channel]));
      for (let turn = 0; turn < 3; turn++) await null;
      scene.fanout.leave(tab, [channel]);
    }
    for (let round = 0; round < 100; round++) {
      scene.broker.answer();
      await settled();
    }
    await Promise.all(waits);
    assert.equal(scene.hub.channels, 0);
  });

  test('whatever is lost, late, forgotten or refused, no tab has a gap that it was not told of, nor anything twice', () =>
    expectNoGapsUntold(4, steps, take));
});
