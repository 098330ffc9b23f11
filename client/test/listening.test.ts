import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { World } from './support/world.js';

describe('listening', () => {
  test('details are spread over the arguments, errors go to their own callback', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const got: unknown[] = [];
    tabs.on(
      'hello',
      (...details) => got.push(details),
      (code, message) => got.push({ code, message }),
    );
    world.socket.receive({ action: 'hello', details: ['a', 2] });
    world.socket.receive({ action: 'hello:error', details: [400, 'No hello message'] });
    world.socket.receive({ action: 'other', details: [] });
    assert.deepEqual(got, [['a', 2], { code: 400, message: 'No hello message' }]);
  });

  test('once is for the next frame of either kind, off ends one callback or all', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const got: string[] = [];
    const first = () => void got.push('first');
    tabs
      .once(
        'a',
        () => got.push('once'),
        () => got.push('failed once'),
      )
      .on('a', first)
      .on('a', () => got.push('second'));
    world.socket.receive({ action: 'a:error', details: [500, ''] });
    world.socket.receive({ action: 'a', details: [] });
    tabs.off('a', first);
    world.socket.receive({ action: 'a', details: [] });
    tabs.off('a').off('unknown');
    world.socket.receive({ action: 'a', details: [] });
    assert.deepEqual(got, ['failed once', 'first', 'second', 'second']);
  });

  test('callbacks may add and end callbacks', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const got: string[] = [];
    const third = () => void got.push('third');
    tabs.on('a', () => {
      got.push('first');
      tabs.off('a', third).once('a', () => got.push('added'));
    });
    tabs.on('a', () => got.push('second')).on('a', third);
    world.socket.receive({ action: 'a', details: [] });
    assert.deepEqual(got, ['first', 'second']);
    world.socket.receive({ action: 'a', details: [] });
    assert.deepEqual(got, ['first', 'second', 'first', 'second', 'added']);
  });

  test('a callback that throws is reported, and does not keep the others from being called', async () => {
    const world = new World();
    const { tabs, states } = await world.openTab();
    const failure = new Error('a bug of the page');
    const got: string[] = [];
    const fail = () => {
      throw failure;
    };
    tabs.on('a', fail, fail).on('a', () => got.push('a'));
    tabs.onState(fail);
    tabs.onState((state) => got.push(state));
    world.socket.receive({ action: 'a', details: [] });
    world.socket.receive({ action: 'a:error', details: [500, ''] });
    world.socket.drop();
    assert.deepEqual(got, ['a', 'waiting']);
    assert.deepEqual(world.reported, [failure, failure, failure]);
    assert.equal(states.length, 1);
  });

  test('hostile and unknown frames are ignored', async () => {
    const world = new World();
    const { tabs } = await world.openTab({ token: 'a' });
    const heard: unknown[] = [];
    tabs.on('a', (...details) => heard.push(details));
    const frames = [
      ...['', 'no json', 'null', '7', '[]', '{}', '{"action":7}', '{"action":null,"details":[]}'],
      ...['{"action":"sys/welcome"}', '{"action":"sys/welcome","details":[null]}'],
      ...['{"action":"sys/welcome","details":[{"groups":7,"expires":"x"}]}', '{"action":"sys/auth"}'],
      ...['{"action":"sys/reconnect","details":null}', '{"action":"sys/expired"}', '{"action":"sys/join"}'],
      ...['{"action":"sys/join:error"}', '{"action":"sys/new","details":[1]}', '{"action":":error"}'],
      ...[
        '{"action":"x","at":7}',
        '{"action":"x","at":[]}',
        '{"action":"x","at":[7,7]}',
        '{"action":"x","re":{}}',
      ],
      ...['{"action":"__proto__","details":[]}', '{"action":"constructor:error","details":{}}'],
    ];
    for (const text of frames) world.socket.receive(text);
    world.socket.onmessage?.({ data: new ArrayBuffer(3) });
    world.socket.receive({ action: 'a', details: 'one', unknown: true });
    await world.settle();
    assert.deepEqual(heard, [['one']]);
    assert.equal(tabs.state, 'open');
    assert.deepEqual(world.reported, []);
  });
});

test('a welcome that is none is ignored, one with nonsense in it is taken as far as it goes, a second one not at all', async () => {
  const world = new World();
  const tabs = world.tab();
  await world.settle();
  world.socket.accept();
  world.socket.receive({ action: 'sys/welcome', details: ['hello'] });
  assert.equal(tabs.state, 'connecting');
  world.socket.receive({ action: 'sys/welcome', details: [{ connection: 'g-1', groups: 7 }] });
  assert.equal(tabs.state, 'open');
  void tabs.join('a');
  assert.deepEqual(tabs.welcome, { connection: 'g-1', groups: [] });
  world.socket.welcome({ connection: 'g-2' });
  assert.equal(tabs.welcome?.connection, 'g-1');
});

describe('positions', () => {
  test('what was seen before is dropped, what was missed is told, across connections', async () => {
    const world = new World();
    const { tabs } = await world.openTab();
    const got: unknown[] = [];
    tabs.on('n', (n) => got.push(n));
    const end = tabs.onGap((channel) => got.push(`gap in ${channel}`));
    const publish = (channel: string, position: string | null, n: number) =>
      world.socket.receive({ action: 'n', details: [n], at: [channel, position] });
    publish('user:1', '17-1', 1);
    publish('user:1', '17-2', 2);
    publish('user:1', '17-2', -2);
    publish('all', '9-40', 40);
    publish('user:1', null, 0);
    publish('user:1', 'no position', 0);
    world.socket.drop();
    await world.pass(500);
    world.socket.welcome({ recovered: { 'user:1': true, all: true } });
    publish('user:1', '17-1', -1);
    publish('user:1', '17-3', 3);
    publish('user:1', '17-6', 6);
    publish('all', '10-1', 1);
    end();
    publish('all', '11-1', 1);
    assert.deepEqual(got, [1, 2, 40, 0, 0, 3, 'gap in user:1', 6, 'gap in all', 1, 1]);
  });
});
