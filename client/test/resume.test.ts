import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ann, former, lose, open, publish, resumed } from './support/resuming.js';

describe('resume', () => {
  test('the first connection has nothing to resume, the next one where the tab stood', async () => {
    const { world } = await open();
    assert.equal(resumed(world), undefined);
    publish(world, 'user:ann', '1-6', 1);
    await lose(world);
    assert.deepEqual(world.socket.protocols, ['tabcast.v1.json', 'tabcast.resume', 'bearer.a.b.c']);
    assert.equal(world.socket.sent[0]?.action, 'sys/resume');
    assert.deepEqual(resumed(world), { all: '1-3', 'user:ann': '1-6' });
  });

  test('where all is recovered what was missed follows, and nothing twice', async () => {
    const { world, tabs, heard } = await open();
    publish(world, 'user:ann', '1-6', 6);
    await lose(world);
    tabs.onState((state) => heard.push(state));
    world.socket.welcome({
      user: 'ann',
      positions: { all: '1-3', 'user:ann': '1-8' },
      recovered: { all: true, 'user:ann': true },
    });
    for (const n of [6, 7, 8, 8, 9]) publish(world, 'user:ann', `1-${n}`, n);
    assert.deepEqual(heard, [6, 'open', 'recovered all,user:ann', 7, 8, 9]);
  });

  test('what cannot be recovered is a gap, and the tab goes on from where it was let in', async () => {
    const positions = { ...ann.positions, registered: '1-1' };
    const { world, heard } = await open({ user: 'ann', positions });
    await lose(world);
    world.socket.welcome({
      user: 'ann',
      positions: { all: '1-3', registered: '1-1', 'user:ann': '2-8' },
      recovered: { all: true, registered: false, 'user:ann': false },
    });
    publish(world, 'user:ann', '2-9', 9);
    assert.deepEqual(heard, ['gap in user:ann', 'gap in registered', 'recovered all', 9]);
  });

  test('a welcome that did not wait for the positions is a gap where something was missed, and only there', async () => {
    const { world, heard } = await open();
    await lose(world);
    world.socket.welcome({ ...ann, positions: { all: '1-3', 'user:ann': '1-8' } });
    world.socket.receive({ action: 'sys/resume:error', details: [400, 'expected before the welcome'] });
    publish(world, 'user:ann', '1-9', 9);
    assert.deepEqual(heard, ['gap in user:ann', 9]);
  });

  test('a connection that dies while the missed comes is resumed from there', async () => {
    const { world, heard } = await open();
    for (const n of [6, 7]) {
      await lose(world);
      world.socket.welcome({
        ...ann,
        positions: { all: '1-3', 'user:ann': '1-9' },
        recovered: { all: true, 'user:ann': true },
      });
      publish(world, 'user:ann', `1-${n}`, n);
    }
    await lose(world);
    assert.deepEqual(resumed(world), { all: '1-3', 'user:ann': '1-7' });
    assert.deepEqual(
      heard.filter((one) => typeof one === 'number'),
      [6, 7],
    );
  });

  test('publications without a position count for nothing', async () => {
    const { world, heard } = await open();
    publish(world, 'user:ann', null, 1);
    publish(world, 'user:ann', '1-6', 2);
    assert.deepEqual(heard, [1, 2]);
  });

  test('sys/position moves on, and sys/gap tells and moves to where nothing is missing', async () => {
    const { world, heard } = await open();
    world.socket.receive({ action: 'sys/position', details: [], at: ['user:ann', '1-6'] });
    publish(world, 'user:ann', '1-7', 7);
    world.socket.receive({ action: 'sys/gap', details: [], at: ['user:ann', '1-8'] });
    publish(world, 'user:ann', '1-9', 9);
    world.socket.receive({ action: 'sys/gap', details: [], at: ['user:ann', '2-0'] });
    publish(world, 'user:ann', '2-1', 1);
    assert.deepEqual(heard, [7, 'gap in user:ann', 9, 'gap in user:ann', 1]);
  });

  test('positions of another user are forgotten, without a word', async () => {
    const { world, heard } = await open();
    await lose(world);
    assert.deepEqual(former(world), { user: 'ann', connection: 'g1-1' });
    world.socket.welcome({ user: 'bob', connection: 'g1-2', positions: { all: '1-9' } });
    publish(world, 'all', '1-10', 10);
    assert.deepEqual(heard, [10]);
    await lose(world);
    assert.deepEqual(resumed(world), { all: '1-10' });
    assert.deepEqual(former(world), { user: 'bob', connection: 'g1-2' });
  });

  test('an anonymous tab whose user logs in while it is away goes on with what both are in', async () => {
    for (const isRecovered of [true, false]) {
      const { world, heard } = await open({ user: null, positions: { all: '1-3' } });
      await lose(world);
      assert.deepEqual([resumed(world), former(world)], [{ all: '1-3' }, { user: null, connection: 'g1-1' }]);
      const positions = { all: isRecovered ? '1-3' : '1-9', 'user:ann': '1-5' };
      world.socket.welcome({ ...ann, positions, recovered: { all: isRecovered } });
      assert.deepEqual(heard, [isRecovered ? 'recovered all' : 'gap in all']);
    }
  });

  test('an anonymous tab that logs in keeps its place, and stands in what it enters', async () => {
    const { world, tabs, heard } = await open({ user: null, positions: { all: '1-3' } });
    const details = [{ ...ann, session: null, groups: [], expires: null, positions: { 'user:ann': '1-5' } }];
    world.socket.receive({ action: 'sys/auth', details });
    assert.ok(!('positions' in tabs.welcome!), 'they are soon out of date');
    await lose(world);
    assert.deepEqual(resumed(world), ann.positions);
    assert.deepEqual(former(world), { user: 'ann', connection: 'g1-1' });
    world.socket.welcome({ ...ann, recovered: { all: true, 'user:ann': true } });
    assert.deepEqual(heard, ['recovered all,user:ann']);
    assert.deepEqual(Object.keys(tabs.welcome!).sort(), [
      'connection',
      'expires',
      'gateway',
      'groups',
      'session',
      'user',
    ]);
  });
});

describe('a gateway without resume', () => {
  test('one that never told a position is not asked to resume', async () => {
    const { world, heard } = await open({ user: 'ann', groups: ['staff'] });
    publish(world, 'all', null, 1);
    await lose(world);
    assert.equal(resumed(world), undefined);
    assert.deepEqual(world.socket.protocols, ['tabcast.v1.json', 'bearer.a.b.c']);
    assert.deepEqual(heard, [1]);
  });

  test('one that comes after one that had it means gaps, and is not asked again', async () => {
    const { world, tabs, heard } = await open();
    const joined = tabs.join('room');
    world.socket.reply('sys/join', ['room', { positions: { 'group:room': '1-1' } }]);
    await joined;
    await lose(world);
    world.socket.welcome({ user: 'ann' });
    world.socket.receive({ action: 'sys/resume:error', details: [404, 'Nothing handles sys/resume'] });
    assert.deepEqual(heard, ['gap in all', 'gap in user:ann']);
    world.socket.reply('sys/join', ['room']);
    assert.deepEqual(heard.slice(2), ['gap in group:room']);
    await lose(world);
    assert.equal(resumed(world), undefined);
  });
});
