import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { channel, type KeepingTab, Scene, settled } from '../support/channel-scene.js';

/** Such a tab has what all others have, or is told: see resumption.test.ts for the rest. */
describe('a tab that resumes on a shared socket', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene(1000);
    await scene.tabIn();
  });

  async function resumed(from: string): Promise<KeepingTab> {
    const entering = scene.enter('shared', from);
    await scene.answerAll();
    return entering;
  }

  test('joins at once or not at all', async () => {
    await scene.sendAll(250);
    const entering = scene.enter('shared', '1-0', 1);
    await scene.answerAll();
    const tab = await entering;
    assert.deepEqual([tab.standing?.recovered, tab.frames.length], [{ [channel]: true }, 250]);
    assert.equal(tab.topics.size, 1);
  });

  test('is told where it has missed more than the socket takes at once', async () => {
    for (let sent = 0; sent < 3; sent++) {
      await scene.send({ details: ['x'.repeat(70_000)] });
      scene.arrive();
    }
    const [little, much] = [await resumed('1-1'), await resumed('1-0')];
    assert.deepEqual([little.standing?.recovered, little.frames.length], [{ [channel]: true }, 2]);
    assert.deepEqual([much.standing?.recovered, much.frames.length], [{ [channel]: false }, 0]);
  });

  test('waits until there is room again, where others have filled it', async () => {
    await scene.sendAll(2);
    const entering = scene.enter('shared', '1-0', 0);
    scene.tabs[1]!.capacity = 0;
    await scene.answerAll();
    assert.equal(scene.tabs[1]!.standing, undefined);
    await scene.sendAll(1);
    scene.tabs[1]!.capacity = 200_000;
    scene.tabs[1]!.drain(Number.POSITIVE_INFINITY);
    await scene.answerAll();
    const { standing, story } = await entering;
    assert.deepEqual(standing?.recovered, { [channel]: true });
    assert.deepEqual(story, ['send 1 1-1', 'send 2 1-2', 'send 3 1-3']);
  });

  test('gets all of a long history where the socket takes it', async () => {
    scene = new Scene(10_000);
    await scene.tabIn();
    await scene.sendAll(2200);
    const entering = scene.enter('shared', '1-0');
    scene.tabs[1]!.capacity = 1_000_000;
    await scene.answerAll();
    assert.equal((await entering).frames.length, 2200);
  });

  test('is never behind the others, whenever they go on', async () => {
    for (let turns = 0; turns < 30; turns++) {
      scene = new Scene(100);
      await scene.tabIn('shared');
      await scene.sendAll(1);
      void scene.enter('shared', '1-0');
      await settled();
      await scene.missWhileReading();
      for (let turn = 0; turn < turns; turn++) await null;
      scene.broker.answer();
      await settled();
      const [other, tab] = scene.tabs as [KeepingTab, KeepingTab];
      assert.equal(tab.topics.size, tab.standing === undefined ? 0 : 1);
      await scene.answerAll();
      await scene.sendAll(1);
      const [, position] = tab.frames.at(-1)!.at!;
      assert.deepEqual([position, other.frames.at(-1)!.at![1]], ['1-3', '1-3']);
    }
  });
});
