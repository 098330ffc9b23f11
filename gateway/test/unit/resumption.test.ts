import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { channel, type KeepingTab, Scene, settled } from '../support/channel-scene.js';
import { expectNoGapsUntold, type Step, steps, take } from '../support/channel-story.js';

describe('a tab that resumes', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene(1000);
    await scene.tabIn();
  });

  const sendAll = (count: number) => scene.sendAll(count);
  const answerAll = () => scene.answerAll();

  async function resumed(
    from: string,
    ...rest: [('json' | 'shared' | 'msgpack')?, number?]
  ): Promise<KeepingTab> {
    const [encoding, room] = rest;
    const entering = scene.enter(encoding, from, room);
    await answerAll();
    return entering;
  }

  test('gets what it has missed, and then what is new', async () => {
    await sendAll(3);
    for (const encoding of ['json', 'msgpack', 'shared'] as const) {
      const tab = await resumed('1-1', encoding);
      assert.deepEqual(tab.standing, { positions: { [channel]: '1-1' }, recovered: { [channel]: true } });
      assert.deepEqual(tab.story, ['send 2 1-2', 'send 3 1-3']);
      assert.ok(tab.topics.size > 0);
    }
    await sendAll(1);
    for (const { frames } of scene.tabs) assert.deepEqual(frames.at(-1)!.at, [channel, '1-4']);
  });

  test('asks for nothing where it has missed nothing', async () => {
    await sendAll(2);
    const tab = await scene.enter('json', '1-2');
    assert.equal(scene.broker.readings.length, 0);
    assert.deepEqual(tab.standing, { positions: { [channel]: '1-2' }, recovered: { [channel]: true } });
    await sendAll(1);
    assert.deepEqual(tab.story, ['send 3 1-3']);
  });

  test('asks together with others who have missed the same', async () => {
    await sendAll(2);
    const entering = ['1-0', '1-0', '1-1', '1-0'].map((from) => scene.enter('json', from));
    await settled();
    assert.deepEqual(
      scene.broker.readings.map(({ request }) => request.after),
      ['1-0', '1-1'],
    );
    await answerAll();
    const stories = (await Promise.all(entering)).map(({ story }) => story);
    const both = ['send 1 1-1', 'send 2 1-2'];
    assert.deepEqual(stories, [both, both, ['send 2 1-2'], both]);
    void scene.enter('json', '1-0');
    await settled();
    assert.equal(scene.broker.readings.length, 1, 'an answer that has come is not given again');
  });

  test('is told where that cannot be read any more, and goes on from now', async () => {
    await sendAll(3);
    for (const from of ['1-9', '0-2', '2-1']) {
      const tab = await resumed(from);
      assert.deepEqual(tab.standing, { positions: { [channel]: '1-3' }, recovered: { [channel]: false } });
      assert.deepEqual(tab.story, []);
    }
  });

  test('gets positions in place of what is not for it', async () => {
    await scene.send({ except: 'gw-1' });
    await sendAll(1);
    scene.arrive();
    const tab = await resumed('1-0');
    assert.deepEqual(tab.story, ['sys/position 1-1', 'send 2 1-2']);
  });

  test('gets neither twice nor late what is published while it resumes', async () => {
    await sendAll(2);
    const entering = scene.enter('json', '1-0');
    await settled();
    scene.broker.serve();
    await sendAll(2);
    await scene.send();
    await answerAll();
    const tab = await entering;
    assert.deepEqual(tab.story, ['send 1 1-1', 'send 2 1-2', 'send 3 1-3', 'send 4 1-4']);
    scene.arrive();
    assert.deepEqual(tab.story.at(-1), 'send 5 1-5');
  });

  test('gets much of it as fast as it reads, page by page, and what is not kept meanwhile too', async () => {
    await sendAll(250);
    const tab = await resumed('1-0', 'json', 10);
    assert.equal(tab.frames.length, 10);
    await scene.send({ history: false });
    scene.arrive();
    assert.deepEqual(tab.story.at(-1), 'send 251');
    while (tab.topics.size === 0) {
      tab.drain(100);
      await answerAll();
    }
    const kept = tab.frames.filter(({ at }) => at !== undefined);
    assert.deepEqual(
      kept.map(({ at }) => at![1]),
      Array.from({ length: 250 }, (_, index) => `1-${index + 1}`),
    );
  });

  test('and reads too slowly is told where history has moved on', async () => {
    scene = new Scene(150);
    await scene.tabIn();
    await sendAll(150);
    const tab = await resumed('1-0', 'json', 10);
    await sendAll(150);
    tab.drain(1000);
    await answerAll();
    await sendAll(1);
    assert.deepEqual(tab.story.slice(99), ['send 100 1-100', 'sys/gap 1-300', 'send 301 1-301']);
    assert.equal(scene.counters.gaps.group, 1);
  });

  test('and reads too slowly is told where the epoch has ended meanwhile', async () => {
    await sendAll(50);
    const tab = await resumed('1-0', 'json', 10);
    scene.broker.beginAnew();
    await sendAll(2);
    await answerAll();
    tab.drain(1000);
    await settled();
    for (let reading = 0; reading < 3; reading++) {
      scene.broker.answer();
      await settled();
    }
    assert.deepEqual(tab.story.slice(9), ['send 10 1-10', 'sys/gap 2-2']);
    assert.equal(scene.broker.readings.length, 0);
    await sendAll(1);
    assert.equal(tab.story.at(-1), 'send 53 2-3');
  });

  test('is told of what cannot be read here, as those are who were there', async () => {
    await sendAll(1);
    await scene.broker.publish({ channel, bytes: Uint8Array.of(9, 9, 9), keep: { size: 1, age: 1 } });
    scene.arrive();
    await sendAll(1);
    const tabs = [scene.tabs[0]!, await resumed('1-0'), await resumed('1-0', 'shared')];
    for (const { story } of tabs) assert.deepEqual(story, ['send 1 1-1', 'sys/gap 1-2', 'send 2 1-3']);
  });

  test('asks for less at a time where that does not come in time', async () => {
    await sendAll(3);
    const entering = scene.enter('json', '1-0');
    await settled();
    for (const limit of [100, 50, 25, 13, 7, 4]) {
      assert.equal(scene.broker.readings[0]!.request.limit, limit);
      scene.broker.keepWaiting();
      await settled();
    }
    await answerAll();
    assert.deepEqual((await entering).story, ['send 1 1-1', 'send 2 1-2', 'send 3 1-3']);
  });

  for (const [what, entries] of [
    ['nothing', []],
    ['what never reaches the others', [{ position: '1-9', bytes: Uint8Array.of(1) }]],
  ] as const)
    test(`is told where history shows ${what}, whenever it is asked`, async () => {
      await sendAll(2);
      const entering = scene.enter('json', '1-1');
      await settled();
      for (let readings = 0; readings < 1000 && scene.broker.readings.length > 0; readings++) {
        const [{ request, ...reading }] = scene.broker.readings as [(typeof scene.broker.readings)[0]];
        const isOfOthers = request.after === '1-2';
        scene.broker.readings.shift();
        reading.resolve({
          ...{ position: request.after!, complete: true },
          entries: isOfOthers ? [] : entries,
        });
        await settled();
      }
      const tab = await entering;
      assert.deepEqual(tab.story, ['sys/gap 1-2']);
      await sendAll(1);
      assert.equal(tab.story.at(-1), 'send 3 1-3');
    });

  test('waits for a broker that is away', async () => {
    await sendAll(1);
    const entering = scene.enter('json', '1-0');
    await settled();
    scene.broker.refuse();
    await settled();
    scene.broker.refuse();
    await settled();
    scene.fanout.tick();
    await answerAll();
    assert.deepEqual((await entering).story, ['send 1 1-1']);
  });

  test('and goes before it has everything leaves nothing behind', async () => {
    await sendAll(50);
    const tab = await resumed('1-0', 'json', 10);
    scene.fanout.forget(tab, [channel]);
    tab.drain(100);
    await answerAll();
    assert.equal(tab.frames.length, 10);
    assert.equal(scene.hub.members(channel)!.following, undefined);
  });

  test('whatever happens meanwhile gets every position once, or is told', () =>
    expectNoGapsUntold<Step | Resuming>(6, [...steps, ...resuming], async (play, step) => {
      if (step === 'resume' || step === 'resume shared') resume(play, step);
      else if (step === 'drain') for (const tab of play.tabs) tab.drain(1);
      else await take(play, step);
    }));
});

const resuming = ['resume', 'resume', 'resume shared', 'drain', 'drain'] as const;
type Resuming = (typeof resuming)[number];

/** A new tab goes on from where an earlier one was some time ago. */
function resume(scene: Scene, how: 'resume' | 'resume shared'): void {
  const tab = scene.tabs.find(({ start }) => start !== undefined);
  const from = tab?.frames[Math.floor(tab.frames.length / 2)]?.at?.[1] ?? tab?.start;
  if (from !== undefined) void scene.enter(how === 'resume' ? 'json' : 'shared', from, 1);
}
