import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { World } from './support/world.js';

describe('what a page notices', () => {
  test('it does not try while offline, and tries at once when online', async () => {
    const world = new World();
    const { tabs, states } = await world.openTab();
    world.isOnline = false;
    world.socket.drop();
    assert.deepEqual(states.at(-1), ['waiting', { code: 1006, reason: '' }]);
    await world.pass(600_000);
    assert.equal(world.sockets.length, 1);
    world.notice(true);
    await world.settle();
    assert.equal(world.sockets.length, 2);
    assert.equal(tabs.state, 'connecting');
  });

  test('going offline ends a wait that has begun', async () => {
    const world = new World();
    const { states } = await world.openTab();
    world.socket.drop();
    world.notice(false);
    await world.pass(600_000);
    assert.equal(world.sockets.length, 1);
    assert.deepEqual(states.at(-1), ['waiting', {}]);
  });

  test('seen again, it cuts a wait short', async () => {
    const world = new World();
    await world.openTab();
    world.socket.drop();
    world.notice();
    await world.settle();
    assert.equal(world.sockets.length, 2);
    await world.pass(9000);
    assert.equal(world.sockets.length, 2, 'the wait is over, and not a second one under way');
  });

  test('on an open connection it asks at once, and gives up after 5 s', async () => {
    const world = new World();
    const { tabs, states } = await world.openTab();
    world.notice();
    assert.equal(world.socket.sentOf('sys/ping').length, 1);
    await world.pass(4999);
    assert.equal(tabs.state, 'open');
    const [silent] = world.sockets;
    await world.pass(1);
    assert.deepEqual(silent!.closedWith, { code: 3000, reason: 'silent' });
    assert.deepEqual(states[0], ['waiting', { code: 3000, reason: 'silent', retryIn: 500 }]);
  });
});

describe('liveness', () => {
  const pingInterval = 20_000;

  test('asks after silence only, and is content with any frame', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ pingInterval });
    await world.pass(15_000);
    world.socket.receive({ action: 'news', details: [] });
    await world.pass(19_999);
    assert.equal(world.socket.sentOf('sys/ping').length, 0);
    await world.pass(1);
    assert.equal(world.socket.sentOf('sys/ping').length, 1);
    world.socket.receive({ action: 'news', details: [] });
    await world.pass(19_999);
    assert.equal(tabs.state, 'open');
    assert.equal(world.socket.sentOf('sys/ping').length, 1);
  });

  test('finds a dead connection within two intervals', async () => {
    const world = new World();
    const { states } = await world.openTab({ pingInterval });
    await world.pass(2 * pingInterval);
    assert.equal(states[0]?.[1].code, 3000);
    assert.equal(world.sockets[0]!.isLive, false);
  });

  test('what comes from a socket that was given up is not heard', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ pingInterval });
    const got: unknown[] = [];
    tabs.on('news', () => got.push(1));
    const [first] = world.sockets;
    await world.pass(2 * pingInterval);
    first!.receive({ action: 'news', details: [] });
    first!.drop(4403);
    assert.deepEqual(got, []);
    assert.notEqual(tabs.state, 'closed');
  });

  test('after a sleep it asks at once with little patience', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ pingInterval });
    await world.pass(5000);
    world.sleep(3_600_000);
    await world.pass(15_000);
    assert.equal(world.socket.sentOf('sys/ping').length, 1);
    await world.pass(5000);
    assert.notEqual(tabs.state, 'open');
  });

  test('a sleep while it waits for the answer gives the answer another chance, once', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ pingInterval });
    await world.pass(pingInterval);
    world.sleep(60_000);
    await world.pass(10_000);
    assert.equal(tabs.state, 'open');
    assert.equal(world.socket.sentOf('sys/ping').length, 2);
    world.sleep(60_000);
    await world.pass(5000);
    assert.notEqual(tabs.state, 'open');
  });

  test('a clock that is set back or forward loses nothing', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ pingInterval });
    world.socket.answer = () => world.socket.receive({ action: 'sys/ping', details: [] });
    for (const by of [-86_400_000, 86_400_000]) {
      world.setClock(by);
      await world.pass(3 * pingInterval);
      assert.equal(tabs.state, 'open');
    }
    world.socket.answer = () => {};
    await world.pass(2 * pingInterval);
    assert.notEqual(tabs.state, 'open');
  });

  test('a handshake that leads nowhere is given up', async () => {
    const world = new World();
    const tabs = world.tab();
    await world.pass(10_000);
    assert.equal(tabs.state, 'waiting');
    assert.equal(world.live.length, 0);
  });

  test('a welcome may take its time as long as the gateway answers', async () => {
    const world = new World();
    const tabs = world.tab({ pingInterval });
    await world.settle();
    world.socket.answer = () => world.socket.receive({ action: 'sys/ping', details: [] });
    world.socket.accept();
    await world.pass(300_000);
    world.socket.welcome();
    assert.equal(tabs.state, 'open');
    assert.equal(world.sockets.length, 1);
  });
});
