import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TokenAnswer, TokenReason } from '../src/options.js';
import { World } from './support/world.js';

/** A `getToken` that counts: t1, t2… */
function counting(answer: (number: number) => TokenAnswer | Promise<TokenAnswer> = (number) => `t${number}`) {
  const reasons: TokenReason[] = [];
  const getToken = (why: TokenReason) => answer(reasons.push(why));
  return { reasons, getToken };
}

const never = () => new Promise<string>(() => {});

describe('tokens for connecting', () => {
  test('go as a sub-protocol beside ours', async () => {
    const world = new World();
    world.tab();
    await world.settle();
    assert.deepEqual(world.socket.protocols, ['tabcast.v1.json']);
    world.tab({ token: 'a.b.c' });
    await world.settle();
    assert.deepEqual(world.socket.protocols, ['tabcast.v1.json', 'bearer.a.b.c']);
    world.tab({ getToken: async () => undefined });
    await world.settle();
    assert.deepEqual(world.socket.protocols, ['tabcast.v1.json']);
  });

  test('one that served is used again; one whose handshake failed is not', async () => {
    const world = new World();
    const { reasons, getToken } = counting();
    await world.openTab({ getToken });
    world.socket.drop();
    await world.pass(500);
    assert.equal(world.socket.token, 't1');
    world.socket.drop();
    await world.pass(1000);
    assert.equal(world.socket.token, 't2');
    assert.deepEqual(reasons, ['connect', 'connect']);
  });

  test('one that the WebSocket does not take is not used again', async () => {
    const world = new World();
    const answers = ['<p>Out of order</p>', 'good'];
    world.serve = ({ token }) => {
      if (token !== 'good') throw new SyntaxError('no such sub-protocol');
    };
    world.tab({ getToken: () => answers.shift() });
    await world.pass(1000);
    assert.equal(world.socket.token, 'good');
  });

  test('one that is due for a refresh is not used again', async () => {
    const world = new World();
    const { getToken } = counting();
    await world.openTab({ getToken }, { expires: world.now() + 600_000 });
    world.isOnline = false;
    world.socket.drop();
    await world.pass(450_000);
    world.notice(true);
    await world.settle();
    assert.equal(world.socket.token, 't2');
  });

  test('with a token and getToken the token comes first', async () => {
    const world = new World();
    const { getToken } = counting();
    await world.openTab({ token: 'page', getToken });
    assert.equal(world.socket.token, 'page');
    world.socket.drop(4002);
    await world.pass(500);
    assert.equal(world.socket.token, 't1');
  });

  test('a hint is the time to fetch one', async () => {
    const world = new World();
    const { reasons, getToken } = counting();
    await world.openTab({ getToken });
    world.socket.receive({ action: 'sys/reconnect', details: [{ closesIn: 5000 }] });
    world.socket.receive({ action: 'sys/reconnect', details: [{ closesIn: 4000 }] });
    await world.settle();
    assert.equal(reasons.length, 2);
    world.socket.drop(4005);
    await world.settle();
    assert.equal(world.socket.token, 't2');
    assert.equal(reasons.length, 2);
  });

  test('they are asked for one at a time', async () => {
    const world = new World();
    const { reasons, getToken } = counting((number) => (number === 1 ? 't1' : never()));
    await world.openTab({ getToken });
    world.socket.receive({ action: 'sys/reconnect', details: [{ closesIn: 5000 }] });
    world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 5000 }] });
    await world.settle();
    assert.equal(reasons.length, 2);
  });

  test('failing ones are asked for again, later and later, and the reason is told', async () => {
    const world = new World();
    const failure = new Error('503 from the login');
    const { reasons, getToken } = counting((number) => {
      if (number < 3) throw failure;
      return `t${number}`;
    });
    const tabs = world.tab({ getToken });
    const told: unknown[] = [];
    tabs.onState((state, { error, retryIn }) => state === 'waiting' && told.push([error, retryIn]));
    await world.pass(1500);
    assert.deepEqual(told, [
      [failure, 500],
      [failure, 1000],
    ]);
    assert.equal(world.socket.token, 't3');
    assert.equal(reasons.length, 3);
  });

  test('slow ones are given up, and kept for the next try when they come after all', async () => {
    const world = new World();
    let give: (token: string) => void = () => {};
    const { reasons, getToken } = counting(() => new Promise<string>((resolve) => (give = resolve)));
    const tabs = world.tab({ getToken, requestTimeout: 3000 });
    await world.pass(3000);
    assert.equal(tabs.state, 'waiting');
    give('late');
    await world.pass(500);
    assert.equal(world.socket.token, 'late');
    assert.equal(reasons.length, 1);
  });

  test('one that never comes does not stop the next from being asked for', async () => {
    const world = new World();
    const { getToken } = counting((number) => (number === 1 ? never() : `t${number}`));
    world.tab({ getToken });
    await world.pass(10_500);
    assert.equal(world.socket.token, 't2');
  });

  test('null closes for good', async () => {
    const world = new World();
    const tabs = world.tab({ getToken: () => null });
    await world.settle();
    assert.equal(tabs.state, 'closed');
    assert.equal(world.sockets.length, 0);
    assert.equal(world.leftovers, 0);
  });

  test('4401 gets one fresh token at once; the second refusal in a row is for good', async () => {
    const world = new World();
    const { getToken } = counting();
    const tabs = world.tab({ getToken });
    await world.settle();
    world.socket.drop(4401);
    await world.settle();
    assert.equal(world.socket.token, 't2');
    world.socket.welcome();
    world.socket.drop(4401);
    await world.pass(1000);
    assert.equal(world.socket.token, 't3', 'a welcome between them starts anew');
    world.socket.drop(4401, 'token-refused');
    assert.equal(tabs.state, 'closed');
  });

  test('a token that cannot be fetched anew ends with 4401 and 4002, and survives anything else', async () => {
    for (const code of [4401, 4002]) {
      const world = new World();
      const { tabs } = await world.openTab({ token: 'a.b.c' });
      world.socket.drop(1006);
      await world.pass(500);
      world.socket.drop(1006);
      await world.pass(1000);
      assert.equal(world.socket.token, 'a.b.c');
      world.socket.drop(code);
      assert.equal(tabs.state, 'closed');
    }
  });

  test('without a token, as where a cookie says who this is, 4002 is no end: the next handshake may say it anew', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    world.socket.drop(4002);
    await world.pass(1000);
    assert.equal(world.sockets.length, 2);
    world.socket.welcome();
    assert.equal(tabs.state, 'open');
  });
});

describe('tokens of a living connection', () => {
  test('are refreshed when a good part of their life has passed, again and again', async () => {
    const world = new World();
    const { reasons, getToken } = counting();
    const { tabs } = await world.openTab({ getToken }, { user: 'ann', expires: world.now() + 600_000 });
    world.socket.answer = ({ action }) => {
      if (action !== 'sys/auth') return world.socket.receive({ action, details: [] });
      const expires = world.now() + 600_000;
      return world.socket.reply('sys/auth', [{ user: 'ann', session: null, groups: ['new'], expires }]);
    };
    await world.pass(419_000);
    assert.equal(reasons.length, 1);
    await world.pass(2000);
    assert.deepEqual(world.socket.sentOf('sys/auth'), [['t2']]);
    assert.deepEqual(tabs.welcome?.groups, ['new']);
    assert.equal(tabs.welcome?.connection, 'g1-1');
    await world.pass(420_000);
    assert.deepEqual(world.socket.sentOf('sys/auth'), [['t2'], ['t3']]);
    assert.equal(world.sockets.length, 1);
  });

  test('are refreshed when the gateway says that they have expired, whatever the clock here says', async () => {
    for (const skew of [-3_600_000, 3_600_000]) {
      const world = new World();
      const { getToken, reasons } = counting();
      await world.openTab({ getToken }, { expires: world.now() + skew });
      world.socket.answer = ({ action }) => world.socket.receive({ action, details: [] });
      await world.pass(60_000);
      assert.equal(reasons.length, 1);
      world.socket.answer = () => {};
      world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 10_000 }] });
      world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 9000 }] });
      await world.settle();
      assert.deepEqual(world.socket.sentOf('sys/auth'), [['t2']]);
    }
  });

  test('are asked for again when the application or the gateway refuses', async () => {
    const world = new World();
    const { getToken } = counting((number) => {
      if (number === 2) throw new Error('offline');
      return `t${number}`;
    });
    await world.openTab({ getToken });
    world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 10_000 }] });
    await world.pass(500);
    world.socket.reply('sys/auth:error', [401, 'no']);
    await world.pass(1000);
    assert.deepEqual(world.socket.sentOf('sys/auth'), [['t3'], ['t4']]);
    assert.equal(world.sockets.length, 1);
  });

  test('null while connected closes for good', async () => {
    const world = new World();
    const { getToken } = counting((number) => (number === 1 ? 't1' : null));
    const { states } = await world.openTab({ getToken });
    world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 10_000 }] });
    await world.settle();
    assert.deepEqual(states, [['closed', { code: 1000, reason: 'logged-out' }]]);
    assert.equal(world.live.length, 0);
    assert.equal(world.leftovers, 0);
  });

  test('one of another user makes the tab that user', async () => {
    const world = new World();
    const { getToken } = counting();
    await world.openTab({ getToken });
    world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 10_000 }] });
    await world.settle();
    world.socket.reply('sys/auth:error', [409, 'another user']);
    await world.settle();
    assert.equal(world.sockets.length, 2);
    assert.equal(world.live.length, 1);
    assert.equal(world.socket.token, 't2');
  });

  test('one that comes when its connection is lost waits for the next', async () => {
    const world = new World();
    let give: (token: string) => void = () => {};
    const { getToken } = counting((number) =>
      number === 1 ? 't1' : new Promise<string>((resolve) => (give = resolve)),
    );
    await world.openTab({ getToken });
    world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 10_000 }] });
    await world.settle();
    world.socket.drop();
    give('t2');
    await world.pass(500);
    assert.equal(world.socket.token, 't2');
    world.socket.welcome();
    await world.pass(1000);
    assert.deepEqual(world.socket.sentOf('sys/auth'), []);
  });

  test('without getToken nothing is asked and nothing runs on', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ token: 'a.b.c' }, { expires: world.now() + 60_000 });
    world.socket.receive({ action: 'sys/expired', details: [{ closesIn: 10_000 }] });
    await world.pass(15_000);
    assert.deepEqual(world.socket.sent, []);
    assert.equal(tabs.state, 'open');
  });
});
