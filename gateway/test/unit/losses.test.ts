import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { channel, Scene, settled } from '../support/channel-scene.js';

describe('what a channel has lost', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene(100);
  });

  test('what cannot be read any more is announced', async () => {
    scene = new Scene(2);
    const [tab, lane] = [await scene.tabIn(), await scene.tabIn('shared')];
    for (let count = 0; count < 4; count++) await scene.send();
    for (let count = 0; count < 3; count++) scene.arrive(true);
    scene.arrive();
    scene.broker.answer();
    await settled();
    await scene.send();
    scene.arrive();
    for (const { story } of [tab, lane])
      assert.deepEqual(story, ['sys/gap 1-2', 'send 3 1-3', 'send 4 1-4', 'send 5 1-5']);
  });

  test('what history holds no more, and was delivered while it was read, is not lost', async () => {
    scene = new Scene(2);
    const tab = await scene.tabIn();
    scene.fanout.brokerBack();
    for (let count = 0; count < 4; count++) await scene.send();
    scene.broker.serve();
    for (let count = 0; count < 4; count++) scene.arrive();
    scene.broker.answer();
    await settled();
    await scene.send();
    scene.arrive();
    assert.deepEqual(
      tab.story,
      [1, 2, 3, 4, 5].map((number) => `send ${number} 1-${number}`),
    );
  });

  test('a history that stands before what was delivered has lost something', async () => {
    const tab = await scene.tabIn();
    for (let count = 0; count < 3; count++) await scene.send();
    for (let count = 0; count < 3; count++) scene.arrive();
    scene.fanout.brokerBack();
    scene.broker.readings[0]!.history = { position: '1-1', entries: [], complete: false };
    scene.broker.answer();
    await settled();
    assert.equal(tab.story.at(-1), 'sys/gap 1-1');
  });

  test('a new epoch is announced', async () => {
    const tab = await scene.tabIn();
    scene.broker.beginAnew();
    await scene.send();
    scene.arrive();
    scene.broker.answer();
    await settled();
    await scene.send();
    scene.arrive();
    assert.deepEqual(tab.story, ['sys/gap 2-0', 'send 1 2-1', 'send 2 2-2']);
  });

  test('what arrives from another history is announced, for nobody will find it', async () => {
    const [tab, lane] = [await scene.tabIn(), await scene.tabIn('shared')];
    await scene.send();
    scene.arrive();
    for (const position of ['7-38', '0-4', '1-9']) {
      scene.fanout.received(channel, Buffer.from('{}'), position);
      for (let readings = 0; readings < 2; readings++) {
        scene.broker.answer();
        await settled();
      }
      assert.equal(scene.broker.readings.length, 0);
    }
    await scene.send();
    scene.arrive();
    const gaps = ['sys/gap 1-1', 'sys/gap 1-1', 'sys/gap 1-1'];
    for (const { story } of [tab, lane]) assert.deepEqual(story, ['send 1 1-1', ...gaps, 'send 2 1-2']);
  });

  test('what has arrived is not lost because history holds less', async () => {
    scene = new Scene(2);
    const tab = await scene.tabIn();
    await scene.send();
    scene.arrive();
    scene.broker.beginAnew();
    for (let count = 0; count < 8; count++) await scene.send();
    for (const isLost of [false, false, false, true, true, false, false, false]) {
      scene.arrive(isLost);
      scene.broker.refuse();
      await settled();
      scene.fanout.tick();
    }
    scene.broker.answer();
    await settled();
    const first = ['sys/gap 2-0', 'send 2 2-1', 'send 3 2-2', 'send 4 2-3'];
    assert.deepEqual(tab.story, ['send 1 1-1', ...first, 'sys/gap 2-6', 'send 8 2-7', 'send 9 2-8']);
  });
});
