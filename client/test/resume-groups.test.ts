import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Tabs } from '../src/tabs.js';
import { ann, lose, open, publish, resumed } from './support/resuming.js';
import type { World } from './support/world.js';

describe('groups that are resumed', () => {
  /** A tab in the group `room`, which it has joined, at position 1-4. */
  async function inRoom() {
    const { world, tabs, heard } = await open();
    const joined = tabs.join('room');
    world.socket.reply('sys/join', ['room', { positions: { 'group:room': '1-3' } }]);
    await joined;
    publish(world, 'group:room', '1-4', 4);
    return { world, tabs, heard };
  }

  const welcome = { ...ann, recovered: { all: true, 'user:ann': true } };

  test('a group is joined again with where the tab stood', async () => {
    const { world, heard } = await inRoom();
    await lose(world);
    world.socket.welcome(welcome);
    assert.deepEqual(world.socket.sentOf('sys/join'), [['room', '1-4']]);
    const answer = { positions: { 'group:room': '1-6' }, recovered: { 'group:room': true } };
    world.socket.reply('sys/join', ['room', answer]);
    for (const n of [5, 6, 7]) publish(world, 'group:room', `1-${n}`, n);
    assert.deepEqual(heard, [4, 'recovered all,user:ann', 'recovered group:room', 5, 6, 7]);
  });

  test('one that cannot be resumed is a gap', async () => {
    const { world, heard } = await inRoom();
    await lose(world);
    world.socket.welcome(welcome);
    const answer = { positions: { 'group:room': '2-6' }, recovered: { 'group:room': false } };
    world.socket.reply('sys/join', ['room', answer]);
    publish(world, 'group:room', '2-7', 7);
    assert.deepEqual(heard.slice(2), ['gap in group:room', 7]);
  });

  test('one that the welcome names already is resumed by it', async () => {
    const { world } = await inRoom();
    await lose(world);
    assert.equal(resumed(world)?.['group:room'], '1-4');
    const positions = { ...ann.positions, 'group:room': '1-4' };
    world.socket.welcome({ ...welcome, groups: ['room'], positions });
    assert.deepEqual(world.socket.sentOf('sys/join'), []);
    await lose(world);
    assert.equal(resumed(world)?.['group:room'], '1-4');
  });

  test('one that the tab is in by its token is joined without', async () => {
    const positions = { ...ann.positions, 'group:staff': '1-2' };
    const { world, tabs } = await open({ ...ann, groups: ['staff'], positions });
    void tabs.join('staff');
    assert.deepEqual(world.socket.sentOf('sys/join'), [['staff']]);
    world.socket.reply('sys/join', ['staff']);
    await lose(world);
    assert.equal(resumed(world)?.['group:staff'], '1-2');
  });

  test('joining once more where the tab is already changes nothing', async () => {
    const { world, heard } = await inRoom();
    world.socket.receive({ action: 'sys/join', details: ['room'] });
    world.socket.receive({ action: 'sys/join', details: ['room', { positions: { 'group:room': '1-9' } }] });
    publish(world, 'group:room', '1-5', 5);
    assert.deepEqual(heard, [4, 5]);
  });

  test('one that the tab is leaving is not remembered by what still comes of it', async () => {
    const { world, tabs, heard } = await inRoom();
    tabs.leave('room').catch(() => {});
    publish(world, 'group:room', '1-5', 5);
    world.socket.receive({ action: 'sys/gap', details: [], at: ['group:room', '1-9'] });
    await lose(world);
    assert.deepEqual(resumed(world), ann.positions);
    world.socket.welcome(welcome);
    assert.deepEqual(heard, [4, 5, 'recovered all,user:ann']);
  });

  test('one that the gateway refuses from now on is forgotten', async () => {
    const { world, heard } = await inRoom();
    await lose(world);
    world.socket.welcome(welcome);
    world.socket.reply('sys/join:error', [403, 'no more']);
    await world.settle();
    await lose(world);
    assert.deepEqual(resumed(world), ann.positions);
    world.socket.welcome(welcome);
    assert.deepEqual(heard.slice(1), ['recovered all,user:ann', 'recovered all,user:ann']);
  });

  test('one that a new token no longer names is nothing that was lost', async () => {
    const positions = { ...ann.positions, 'group:staff': '1-2' };
    const { world, heard } = await open({ ...ann, groups: ['staff'], positions });
    await lose(world);
    world.socket.welcome(welcome);
    assert.deepEqual(heard, ['recovered all,user:ann']);
  });

  test('one that the answer to a new token names before its own is resumed all the same', async () => {
    const auth = { user: 'ann', session: null, groups: ['room'], expires: null };
    const [first, again] = [await open(), await inRoom()];
    void first.tabs.join('room');
    first.world.socket.receive({ action: 'sys/auth', details: [auth] });
    first.world.socket.reply('sys/join', ['room', { positions: { 'group:room': '1-3' } }]);
    await lose(first.world);
    assert.equal(resumed(first.world)?.['group:room'], '1-3');

    const { world, heard } = again;
    for (const isRecovered of [true, false]) {
      await lose(world);
      world.socket.welcome(welcome);
      world.socket.receive({ action: 'sys/auth', details: [auth] });
      const positions = { 'group:room': isRecovered ? '1-4' : '2-6' };
      const answer = { positions, recovered: { 'group:room': isRecovered } };
      world.socket.reply('sys/join', ['room', answer]);
      // A second answer, to a second try, is no second loss.
      if (!isRecovered) world.socket.reply('sys/join', ['room', answer]);
    }
    assert.deepEqual(
      heard.filter((one) => String(one).endsWith('room')),
      ['recovered group:room', 'gap in group:room'],
    );
  });

  const partings: [string, (world: World, tabs: Tabs) => void][] = [
    [
      'the tab leaves',
      (world, tabs) => {
        void tabs.leave('room');
        world.socket.reply('sys/leave', ['room']);
      },
    ],
    ['the backend takes it out', (world) => world.socket.receive({ action: 'sys/leave', details: ['room'] })],
    [
      'a new token does not permit',
      (world) =>
        world.socket.receive({
          action: 'sys/auth',
          details: [{ user: 'ann', session: null, groups: [], expires: null }],
        }),
    ],
    [
      'the tab leaves while it is away',
      (world, tabs) => {
        world.socket.readyState = 2;
        void tabs.leave('room');
        world.socket.readyState = 1;
      },
    ],
  ];
  for (const [what, part] of partings)
    test(`a group that ${what} is forgotten`, async () => {
      const { world, tabs } = await inRoom();
      part(world, tabs);
      await lose(world);
      assert.deepEqual(resumed(world), ann.positions);
    });
});
