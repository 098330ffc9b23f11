import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TabcastError } from '../src/error.js';
import { World } from './support/world.js';

describe('groups', () => {
  test('join resolves with the reply, and the welcome names the group', async () => {
    const world = new World();
    const { tabs } = await world.openTab({}, { groups: ['staff'] });
    const joined = tabs.join('room/7');
    assert.deepEqual(world.socket.sentOf('sys/join'), [['room/7']]);
    world.socket.reply('sys/join', ['room/7']);
    await joined;
    assert.deepEqual(tabs.welcome?.groups, ['staff', 'room/7']);
    const left = tabs.leave('room/7');
    world.socket.reply('sys/leave', ['room/7']);
    await left;
    assert.deepEqual(tabs.welcome?.groups, ['staff']);
  });

  test('joined groups are joined again before anything that waited; left ones and those of the welcome are not', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    for (const group of ['a', 'b', 'c']) void tabs.join(group);
    void tabs.leave('b');
    world.socket.drop();
    tabs.send('hello');
    await world.pass(500);
    world.socket.welcome({ groups: ['c'] });
    assert.deepEqual(
      world.socket.sent.map(({ action, details }) => [action, ...details]),
      [['sys/join', 'a'], ['hello']],
    );
  });

  test('a join that its connection did not survive is kept', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const joined = tabs.join('a');
    world.socket.drop();
    await world.pass(500);
    world.socket.welcome();
    world.socket.reply('sys/join', ['a']);
    await joined;
  });

  test('a group that was joined before the connection was lost is waited for again', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const first = tabs.join('a');
    world.socket.reply('sys/join', ['a']);
    await first;
    world.socket.drop();
    const again = tabs.join('a');
    const isLive = watch(again);
    await world.pass(500);
    world.socket.welcome();
    await world.settle();
    assert.equal(isLive(), false);
    world.socket.reply('sys/join', ['a']);
    await again;
  });

  test('a join on a closing socket waits for the next connection, whatever else does', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ maxQueued: 0 });
    world.socket.readyState = 2;
    const joined = tabs.join('a');
    world.socket.readyState = 1;
    world.socket.drop();
    await world.pass(500);
    world.socket.welcome({ groups: ['a'] });
    await joined;
  });

  test('a join while away waits for the connection', async () => {
    const world = new World();
    const tabs = world.tab();
    const joined = tabs.join('a');
    await world.pass(5000);
    world.socket.welcome({ groups: ['a'] });
    await joined;
    assert.deepEqual(world.socket.sent, []);
  });

  test('a refusal is for good, and told to the error callback of sys/join too', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const told: unknown[] = [];
    tabs.on('sys/join', undefined, (...error) => told.push(error));
    const joined = tabs.join('secret');
    world.socket.reply('sys/join:error', [403, 'not yours']);
    await assert.rejects(joined, { code: 403, message: 'not yours', action: 'sys/join' });
    assert.deepEqual(told, [[403, 'not yours']]);
    world.socket.drop();
    await world.pass(500);
    world.socket.welcome();
    assert.deepEqual(world.socket.sent, []);
  });

  for (const code of [429, 503])
    test(`error ${code} is tried again, and the promise waits`, async () => {
      const world = new World();
      const { tabs } = await world.openTab();
      const joined = tabs.join('a');
      world.socket.reply('sys/join:error', [code, 'later']);
      await world.pass(500);
      assert.equal(world.socket.sentOf('sys/join').length, 2);
      world.socket.reply('sys/join', ['a']);
      await joined;
      await world.pass(5000);
      assert.equal(world.socket.sentOf('sys/join').length, 2);
    });

  test('a join that is left before it was answered rejects with 410; joined again it is a new one', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const first = tabs.join('a');
    const [firstFrame] = world.socket.sent;
    void tabs.leave('a');
    await assert.rejects(first, { code: 410 });
    const second = tabs.join('a');
    const isIn = watch(second);
    world.socket.receive({ action: 'sys/join:error', details: [410, 'left'], re: firstFrame!.id });
    await world.settle();
    assert.equal(isIn(), false);
    world.socket.reply('sys/join', ['a']);
    await second;
  });

  test('what the backend does to the groups is heard, and kept in the welcome', async () => {
    const world = new World();
    const { tabs } = await world.openTab({}, { groups: ['a'] });
    const heard: unknown[] = [];
    tabs
      .on('sys/join', (group) => heard.push(`+${group}`))
      .on('sys/leave', (group) => heard.push(`-${group}`));
    world.socket.receive({ action: 'sys/join', details: ['b'] });
    assert.deepEqual(tabs.welcome?.groups, ['a', 'b']);
    world.socket.receive({ action: 'sys/join', details: ['b'] });
    world.socket.receive({ action: 'sys/leave', details: ['a'] });
    assert.deepEqual(tabs.welcome?.groups, ['b']);
    assert.deepEqual(heard, ['+b', '+b', '-a']);
  });

  test('a group that the backend has taken the tab out of is not joined again', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const joined = tabs.join('a');
    world.socket.reply('sys/join', ['a']);
    await joined;
    world.socket.receive({ action: 'sys/leave', details: ['a'] });
    world.socket.drop();
    await world.pass(500);
    world.socket.welcome();
    assert.deepEqual(world.socket.sent, []);
  });

  test('closing rejects what waits, and a join that nobody looks at troubles nobody', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    void tabs.join('unwatched');
    void tabs.leave('other');
    const joined = tabs.join('a').catch(({ code }: TabcastError) => code);
    tabs.close();
    assert.equal(await joined, 499);
    await world.settle();
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
    assert.equal(world.leftovers, 0);
  });
});

/** Tells when asked whether a promise has been fulfilled. */
function watch(promise: Promise<unknown>): () => boolean {
  let fulfilled = false;
  void promise.then(() => {
    fulfilled = true;
  });
  return () => fulfilled;
}
