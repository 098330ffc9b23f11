import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TabcastError } from '../src/error.js';
import { World } from './support/world.js';

/** What became of a promise, as text. */
function outcome(promise: Promise<unknown>): { of: string } {
  const told = { of: 'pending' };
  promise.then(
    (value) => {
      told.of = `resolved ${JSON.stringify(value)}`;
    },
    (error: TabcastError) => {
      told.of = `rejected ${error.code}`;
    },
  );
  return told;
}

describe('send', () => {
  test('an array is the arguments, anything else the only one', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    tabs
      .send('a')
      .send('a', [1, null])
      .send('a', { x: 1 })
      .send('a', null)
      .send('a', [[1]]);
    assert.deepEqual(world.socket.sentOf('a'), [[], [1, null], [{ x: 1 }], [null], [[1]]]);
  });

  test('what is sent while away waits for the welcome, in order, as it was then', async () => {
    const world = new World();
    const tabs = world.tab();
    const details = { n: 1 };
    tabs.send('first', details).send('second');
    details.n = 2;
    await world.settle();
    world.socket.accept();
    assert.deepEqual(world.socket.sent, []);
    const third = tabs.request('third');
    world.socket.welcome();
    tabs.send('fourth');
    assert.deepEqual(
      world.socket.sent.map(({ action }) => action),
      ['first', 'second', 'third', 'fourth'],
    );
    assert.deepEqual(world.socket.sentOf('first'), [[{ n: 1 }]]);
    world.socket.reply('third', ['done']);
    assert.equal(await third, 'done');
  });

  test('a listener for the open state sends after what waited', async () => {
    const world = new World();
    const tabs = world.tab();
    tabs.onState((state) => state === 'open' && tabs.send('hello'));
    tabs.send('earlier');
    await world.settle();
    world.socket.welcome();
    assert.deepEqual(
      world.socket.sent.map(({ action }) => action),
      ['earlier', 'hello'],
    );
  });

  test('what a closing socket would swallow waits too', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    world.socket.readyState = 2;
    const asked = outcome(tabs.send('a', 1).request('b'));
    world.socket.readyState = 1;
    world.socket.drop();
    await world.pass(500);
    assert.equal(asked.of, 'pending');
    world.socket.welcome();
    assert.deepEqual(world.socket.sentOf('a'), [[1]]);
    assert.equal(world.socket.sentOf('b').length, 1);
  });

  test('when the queue is full, what comes later is dropped and told so', async () => {
    const world = new World();
    const tabs = world.tab({ maxQueued: 2 });
    const dropped: unknown[] = [];
    tabs.on('a', undefined, (...error) => dropped.push(error));
    tabs.send('a', 1).send('a', 2).send('a', 3);
    const refused = outcome(tabs.request('a', 4));
    await world.settle();
    assert.deepEqual(dropped, [[413, 'Too much was waiting to be sent.']]);
    assert.equal(refused.of, 'rejected 413');
    world.socket.welcome();
    assert.deepEqual(world.socket.sentOf('a'), [[1], [2]]);
    tabs.send('a', 5);
    assert.deepEqual(world.socket.sentOf('a').at(-1), [5]);
  });

  test('what still waits at the end is told so, and so is what is sent after it', async () => {
    const world = new World();
    const tabs = world.tab();
    const dropped: number[] = [];
    tabs.on('a', undefined, (code) => dropped.push(code));
    const asked = outcome(tabs.request('b'));
    tabs.send('a').send('a').close();
    tabs.send('a');
    const late = [tabs.request('b'), tabs.join('g')].map(outcome);
    await world.settle();
    assert.deepEqual(dropped, [499, 499, 499]);
    assert.equal(asked.of, 'rejected 499');
    assert.deepEqual(late, [{ of: 'rejected 499' }, { of: 'rejected 499' }]);
    assert.equal(world.leftovers, 0);
  });

  test('what cannot be written is an error at once', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const circular: unknown[] = [];
    circular.push(circular);
    assert.throws(() => tabs.send('a', circular), TypeError);
    assert.throws(() => tabs.send('a', 1n), TypeError);
    assert.throws(() => tabs.send('', 1), { name: 'TypeError', message: /^action: expected a string/ });
    await assert.rejects(tabs.request('a', circular), TypeError);
    tabs.close();
    assert.equal(world.leftovers, 0);
  });
});

describe('request', () => {
  test('resolves with the first detail of its own reply, whatever the order', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const heard: unknown[] = [];
    tabs.on('sum', (...details) => heard.push(details));
    const [one, two] = [tabs.request('sum', [1, 1]), tabs.request('sum', [2, 2])];
    const ids = world.socket.sent.map(({ id }) => id);
    world.socket.receive({ action: 'sum', details: [4, 'more'], re: ids[1] });
    world.socket.receive({ action: 'sum', details: [2], re: ids[0] });
    world.socket.receive({ action: 'sum', details: ['news'] });
    assert.deepEqual([await one, await two], [2, 4]);
    assert.deepEqual(heard, [['news']], 'replies go to who asked');
  });

  test('rejects with the error of the reply', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const asked = tabs.request('chat/say', 'hello');
    world.socket.reply('chat/say:error', [403, 'Not here']);
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof TabcastError && error instanceof Error);
      assert.deepEqual(
        [error.action, error.code, error.message, error.name],
        ['chat/say', 403, 'Not here', 'TabcastError'],
      );
      return true;
    });
  });

  test('rejects with 408 when nothing comes in time; a late reply is nobody’s', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ requestTimeout: 2000 });
    const heard: unknown[] = [];
    tabs.on('a', () => heard.push('late'));
    const usual = outcome(tabs.request('a'));
    const patient = outcome(tabs.request('a', [], { timeout: 3000 }));
    await world.pass(2000);
    assert.deepEqual([usual.of, patient.of], ['rejected 408', 'pending']);
    await world.pass(1000);
    assert.equal(patient.of, 'rejected 408');
    world.socket.reply('a', ['late']);
    assert.deepEqual(heard, []);
  });

  test('one that was sent is rejected when its connection is lost, and not repeated', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const sent = outcome(tabs.request('a'));
    world.socket.drop();
    const queued = outcome(tabs.request('b'));
    await world.pass(500);
    assert.deepEqual([sent.of, queued.of], ['rejected 499', 'pending']);
    world.socket.welcome();
    assert.deepEqual(
      world.socket.sent.map(({ action }) => action),
      ['b'],
    );
    world.socket.reply('b', ['yes']);
    await world.settle();
    assert.equal(queued.of, 'resolved "yes"');
  });

  test('one that waited too long in the queue is not sent, and makes room', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ maxQueued: 1, requestTimeout: 1000 });
    world.isOnline = false;
    world.socket.drop();
    const asked = outcome(tabs.request('a'));
    await world.pass(1000);
    assert.equal(asked.of, 'rejected 408');
    tabs.send('b');
    world.notice(true);
    await world.settle();
    world.socket.welcome();
    assert.deepEqual(
      world.socket.sent.map(({ action }) => action),
      ['b'],
    );
  });
});
