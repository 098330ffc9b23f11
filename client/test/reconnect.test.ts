import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { World } from './support/world.js';

describe('connecting again', () => {
  test('states: connecting until the welcome, waiting after a loss, open again', async () => {
    const world = new World();
    const tabs = world.tab();
    await world.settle();
    world.socket.accept();
    assert.equal(tabs.state, 'connecting');
    world.socket.welcome();
    assert.equal(tabs.state, 'open');
    assert.equal(tabs.welcome?.connection, 'g1-1');
    world.socket.drop();
    assert.equal(tabs.state, 'waiting');
    assert.equal(tabs.welcome, undefined);
    await world.pass(500);
    assert.equal(tabs.state, 'connecting');
    world.socket.welcome();
    assert.equal(tabs.state, 'open');
    assert.equal(world.live.length, 1);
  });

  test('waits at random up to a bound that doubles from 1 s to 30 s', async () => {
    const world = new World();
    world.chance = 0.999;
    const { states } = await world.openTab();
    const waits: number[] = [];
    for (let failures = 0; failures < 8; failures++) {
      world.socket.drop();
      const { retryIn } = states.at(-1)![1];
      waits.push(retryIn! / 0.999);
      await world.pass(retryIn!);
    }
    assert.deepEqual(waits.map(Math.round), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('a short connection does not shorten the waits, one that lasted does', async () => {
    const world = new World();
    const { states } = await world.openTab();
    const lose = async () => {
      world.socket.drop();
      const { retryIn } = states.at(-1)![1];
      await world.pass(retryIn!);
      world.socket.welcome();
      return retryIn;
    };
    assert.deepEqual([await lose(), await lose(), await lose()], [500, 1000, 2000]);
    // Liveness asks in between, and is answered.
    world.socket.answer = () => world.socket.receive({ action: 'sys/ping', details: [] });
    await world.pass(30_000);
    assert.equal(await lose(), 500);
  });

  for (const code of [1000, 4400, 4401, 4403, 4407, 4408, 4409, 4410, 4429, 4499, 4900, 4999])
    test(`${code} is for good`, async () => {
      const world = new World();
      const { tabs, states } = await world.openTab({ token: 'a.b.c' });
      world.socket.drop(code, 'because');
      assert.deepEqual(states, [['closed', { code, reason: 'because' }]]);
      assert.equal(tabs.state, 'closed');
      assert.equal(world.leftovers, 0);
      await world.pass(100_000);
      assert.equal(world.sockets.length, 1);
    });

  for (const code of [1001, 1006, 1011, 1012, 4001, 4003, 4009, 4010, 4299, 4300, 4399])
    test(`after ${code} it connects again, with a pause`, async () => {
      const world = new World();
      const { states } = await world.openTab();
      world.socket.drop(code, 'because');
      assert.deepEqual(states, [['waiting', { code, reason: 'because', retryIn: 500 }]]);
      await world.pass(500);
      assert.equal(world.sockets.length, 2);
    });

  for (const code of [4005, 4006])
    test(`after ${code} it connects at once, and with a pause if that happens again`, async () => {
      const world = new World();
      const { tabs, states } = await world.openTab();
      world.socket.drop(code);
      assert.equal(tabs.state, 'connecting');
      await world.settle();
      world.socket.welcome();
      world.socket.drop(code);
      assert.equal(states.at(-1)![0], 'waiting');
    });

  test('4000 without a hint comes with a pause, and at once with one', async () => {
    const world = new World();
    const { tabs, states } = await world.openTab();
    world.socket.drop(4000, 'shutdown');
    assert.equal(states.at(-1)![1].retryIn, 500);
    await world.pass(500);
    world.socket.welcome();
    world.socket.answer = () => world.socket.receive({ action: 'sys/ping', details: [] });
    await world.pass(40_000);
    world.socket.receive({ action: 'sys/reconnect', details: [{ closesIn: 5000 }] });
    await world.pass(5000);
    assert.equal(world.sockets.length, 2, 'it does not move before');
    assert.equal(tabs.state, 'open');
    world.socket.drop(4000, 'shutdown');
    assert.equal(tabs.state, 'connecting');
    await world.settle();
    assert.equal(world.sockets.length, 3);
  });

  test('a hint holds for its connection only', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    world.socket.receive({ action: 'sys/reconnect', details: [{ closesIn: 5000 }] });
    world.socket.drop(4000);
    await world.settle();
    world.socket.welcome();
    world.socket.answer = () => world.socket.receive({ action: 'sys/ping', details: [] });
    await world.pass(40_000);
    world.socket.drop(4000);
    assert.equal(tabs.state, 'waiting');
  });

  test('Retry-After counts where a refused handshake can be seen', async () => {
    const world = new World();
    type Refuse = (request: unknown, response: { headers: Record<string, string> }) => void;
    world.serve = (socket) => {
      const on = (event: string, refuse: Refuse) => {
        assert.equal(event, 'unexpected-response');
        queueMicrotask(() => {
          refuse({}, { headers: { 'retry-after': '7' } });
          // As `ws` does: what is closed before it opened fails.
          socket.onclose?.({ code: 1006, reason: '' });
        });
      };
      Object.assign(socket, { on });
    };
    const tabs = world.tab();
    await world.settle();
    assert.equal(tabs.state, 'waiting');
    assert.equal(world.live.length, 0);
    await world.pass(7400);
    assert.equal(world.sockets.length, 1);
    await world.pass(101);
    assert.equal(world.sockets.length, 2);
  });

  test('a constructor that throws is a failed try, and the reason is told', async () => {
    const world = new World();
    const tabs = world.tab();
    const errors: unknown[] = [];
    tabs.onState((_state, { error }) => errors.push(error));
    const refusal = new SyntaxError('no such sub-protocol');
    world.serve = () => {
      throw refusal;
    };
    await world.settle();
    assert.equal(tabs.state, 'waiting');
    assert.deepEqual(errors, [refusal]);
  });

  test('close ends everything: the socket, timers, listeners of the page', async () => {
    const world = new World();
    const { tabs, states } = await world.openTab();
    assert.notEqual(world.leftovers, 0);
    tabs.close();
    assert.deepEqual(states, [['closed', { code: 1000, reason: 'closed' }]]);
    assert.deepEqual(world.socket.closedWith, { code: 1000, reason: undefined });
    assert.equal(world.leftovers, 0);
    tabs.close();
    assert.equal(states.length, 1);
  });

  test('close while waiting, and while a token is fetched, leaves nothing either', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    world.socket.drop();
    tabs.close();
    assert.equal(world.leftovers, 0);
    let give: (token: string) => void = () => {};
    const fetching = world.tab({ getToken: () => new Promise((resolve) => (give = resolve)) });
    await world.settle();
    fetching.close();
    assert.equal(world.leftovers, 0);
    give('late');
    await world.settle();
    assert.equal(world.sockets.length, 1);
  });

  test('a tab that is closed as it begins to connect asks for no token', async () => {
    const world = new World();
    let asked = 0;
    const { tabs } = await world.openTab({ token: 'first', getToken: () => `token ${asked++}` });
    tabs.onState((state) => state === 'connecting' && tabs.close());
    world.socket.drop(4002);
    await world.pass(1000);
    assert.deepEqual([tabs.state, asked, world.leftovers], ['closed', 0, 0]);
  });

  test('a listener of the state may close the tab; who comes after it hears the last state last', async () => {
    const world = new World();
    const tabs = world.tab();
    const heard: string[] = [];
    tabs.onState((state) => state === 'open' && tabs.close());
    const end = tabs.onState((state) => heard.push(state));
    await world.settle();
    world.socket.welcome();
    assert.deepEqual(heard, ['closed']);
    assert.equal(world.leftovers, 0);
    end();
  });
});
