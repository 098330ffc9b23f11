import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { settled } from '../support/channel-scene.js';
import { expectTrue, finish, type Step, steps, take, Witness } from '../support/stay-story.js';
import { type ClientTab, group, TabScene } from '../support/tab-scene.js';

describe('a tab that comes and goes while the broker is slow', () => {
  let scene: TabScene;
  let ann: ClientTab;
  beforeEach(async () => {
    scene = new TabScene();
    ann = await scene.tabOf('ann');
  });

  /** Lets the broker confirm and answer whatever it is asked. */
  async function answerAll(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      scene.broker.confirm();
      scene.broker.answer();
      await settled();
    }
  }

  async function sendAll(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await scene.send();
      scene.arrive();
    }
    await settled();
  }

  /** Another tab in the group, and so many sends that only that one has got. */
  async function missed(count: number): Promise<void> {
    const bob = await scene.tabOf('bob');
    bob.ask('sys/join', group);
    await answerAll();
    await sendAll(count);
  }

  const joined = (id: number, position: string, recovered?: boolean) => {
    const more = recovered === undefined ? {} : { recovered: { 'group:a': recovered } };
    return `sys/join ${id} ${JSON.stringify([group, { positions: { 'group:a': position }, ...more }])}`;
  };
  const left = (id: number) => `sys/leave ${id} ["a"]`;
  const gone = (id: number) => `sys/join:error ${id} [410,"The group was left before it was joined"]`;

  test('and joins where it is already is told where it stands, and what it has missed for good', async () => {
    await missed(3);
    scene.order('put', 'ann');
    await answerAll();
    ann.ask('sys/join', group, '1-0');
    ann.ask('sys/join', group, '1-3');
    ann.ask('sys/join', group);
    await answerAll();
    await sendAll(1);
    const unasked = 'sys/join ["a",{"positions":{"group:a":"1-3"}}]';
    const answers = [joined(1, '1-3', false), joined(2, '1-3', true), joined(3, '1-3')];
    assert.deepEqual(ann.story, [unasked, ...answers, 'send 4 1-4']);
  });

  test('and joins while it is being put there is told where it stands', async () => {
    await missed(3);
    scene.order('put', 'ann');
    ann.ask('sys/join', group, '1-0');
    await answerAll();
    await sendAll(1);
    const unasked = 'sys/join ["a",{"positions":{"group:a":"1-3"}}]';
    assert.deepEqual(ann.story, [unasked, joined(1, '1-3', false), 'send 4 1-4']);
  });

  test('and joins twice at once gets what it has missed once', async () => {
    await missed(150);
    ann.ask('sys/join', group, '1-0');
    ann.ask('sys/join', group, '1-0');
    await answerAll();
    const [answers, frames] = [ann.frames.filter(({ re }) => re), ann.frames.filter(({ at }) => at)];
    const recovered = answers.map(({ details }) => (details[1] as { recovered: unknown }).recovered);
    assert.deepEqual(recovered, [{ 'group:a': true }, { 'group:a': true }]);
    assert.deepEqual(
      frames.map(({ at }) => at![1]),
      Array.from({ length: 150 }, (_, index) => `1-${index + 1}`),
    );
  });

  test('and joins once more while it reads what it has missed gets the rest once', async () => {
    await missed(6);
    ann.drain(3);
    ann.ask('sys/join', group, '1-1');
    await answerAll();
    ann.ask('sys/join', group, '1-1');
    ann.ask('sys/join', group, '1-0');
    await answerAll();
    assert.deepEqual(ann.story, [
      ...[joined(1, '1-1', true), 'send 2 1-2', 'send 3 1-3'],
      ...[joined(2, '1-3', true), joined(3, '1-3', false)],
    ]);
    ann.drain();
    await answerAll();
    assert.deepEqual(ann.story.slice(5), ['send 4 1-4', 'send 5 1-5', 'send 6 1-6']);
  });

  test('and leaves while it reads what it has missed gets no more of it before it is let in again', async () => {
    await missed(6);
    ann.drain(3);
    ann.ask('sys/join', group, '1-0');
    await answerAll();
    ann.ask('sys/leave', group);
    ann.ask('sys/join', group, '1-2');
    ann.drain();
    await answerAll();
    assert.deepEqual(ann.story, [
      ...[joined(1, '1-0', true), 'send 1 1-1', 'send 2 1-2', left(2), joined(3, '1-2', true)],
      ...['send 3 1-3', 'send 4 1-4', 'send 5 1-5', 'send 6 1-6'],
    ]);
  });

  for (const from of [[], ['1-0']])
    test(`and joins, leaves and joins${from.length > 0 ? ' from a position' : ''} is let in by the last one`, async () => {
      ann.ask('sys/join', group, ...from);
      scene.broker.confirm();
      await settled();
      ann.ask('sys/leave', group);
      ann.ask('sys/join', group, ...from);
      await settled();
      scene.broker.answer();
      await settled();
      assert.deepEqual(ann.story, [left(2), gone(1)]);
      await answerAll();
      await sendAll(1);
      assert.deepEqual(ann.story.slice(2), [joined(3, '1-0', from.length > 0 || undefined), 'send 1 1-1']);
    });

  test('is not let in before the broker has confirmed what it joined last', async () => {
    ann.ask('sys/join', group);
    ann.ask('sys/leave', group);
    ann.ask('sys/join', group);
    await settled();
    scene.broker.answer();
    await settled();
    await scene.send();
    assert.deepEqual(ann.story, [left(2), gone(1)]);
    await answerAll();
    await scene.send(false);
    scene.arrive();
    assert.deepEqual(ann.story.slice(2), [joined(3, '1-1'), 'unkept 2']);
  });

  test('and is put, taken out and put is told when it is there, once', async () => {
    scene.order('put', 'ann');
    scene.broker.confirm();
    await settled();
    scene.order('remove', 'ann');
    scene.order('put', 'ann');
    await settled();
    scene.broker.answer();
    await settled();
    assert.deepEqual(ann.story, ['sys/leave ["a"]']);
    await answerAll();
    assert.deepEqual(ann.story.slice(1), ['sys/join ["a",{"positions":{"group:a":"1-0"}}]']);
  });

  test('and shows a token meanwhile is told of a group when it is there', async () => {
    const groups = () => (ann.frames.at(-1)!.details[0] as { groups: string[] }).groups;
    ann.ask('sys/join', group);
    ann.authenticate();
    await settled();
    assert.deepEqual(groups(), []);
    await answerAll();
    assert.equal(ann.story.at(-1), joined(1, '1-0'));
    ann.authenticate();
    await settled();
    assert.deepEqual(groups(), [group]);
  });

  test('and leaves a channel of which only the latest frames count gets none that was kept back', async () => {
    scene = new TabScene(0, true);
    ann = await scene.tabOf('ann');
    ann.ask('sys/join', group);
    await answerAll();
    ann.drain(1);
    await sendAll(3);
    ann.ask('sys/leave', group);
    ann.drain();
    assert.deepEqual(ann.story, ['sys/join 1 ["a"]', 'send 1', left(2)]);
  });

  test('gets everything once and in order between the answer and its leaving, and nothing else', async () => {
    const story = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(1)), { maxLength: 60 });
    const told = fc.asyncProperty(fc.integer({ min: 2, max: 20 }), story, async (size, path) => {
      const play = new TabScene(size);
      const witnesses = [new Witness(await play.tabOf('ann')), new Witness(await play.tabOf('bob'))];
      for (const [step, who] of path) {
        await take(play, step as Step, who === 0 ? witnesses : witnesses.toReversed());
        for (const witness of witnesses) witness.look();
      }
      await finish(play, witnesses);
      for (const witness of witnesses) expectTrue(witness, play);
    });
    await fc.assert(told, { numRuns: 600 });
  });
});
