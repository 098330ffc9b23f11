import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { encodeOrder } from '../../src/broker/envelope.js';
import { FanoutScene, NotingTab } from '../support/fanout-scene.js';

describe('fan-out', () => {
  let scene: FanoutScene;
  beforeEach(() => {
    scene = new FanoutScene();
  });

  test('a tab in two addressed groups gets one send once, in whatever order it arrives', async () => {
    const both = await scene.tabIn(['group:a', 'group:b']);
    const onlyB = await scene.tabIn(['group:b']);
    const [a, b] = await scene.send({ groups: ['a', 'b'] }, 'x');
    scene.arrive(b!, a!);
    scene.arrive(...(await scene.send({ groups: ['a', 'b'] }, 'y')));
    assert.deepEqual(both.got, ['x', 'y']);
    assert.deepEqual(onlyB.got, ['x', 'y']);
  });

  test('joining or leaving between the publications of one send neither loses nor doubles it', async () => {
    const joiner = await scene.tabIn(['group:b']);
    const leaver = await scene.tabIn(['group:a', 'group:b']);
    const [a, b] = await scene.send({ groups: ['a', 'b'] }, 'x');
    scene.arrive(a!);
    const entering = scene.fanout.enter(joiner, ['group:a']);
    scene.broker.confirmAll();
    scene.fanout.listen(await entering);
    scene.fanout.leave(leaver, ['group:a']);
    scene.arrive(b!);
    assert.deepEqual(joiner.got, ['x']);
    assert.deepEqual(leaver.got, ['x']);
  });

  test('a tab whose channel is not confirmed yet is not taken for reached', async () => {
    const joiner = await scene.tabIn(['group:b']);
    await scene.tabIn(['group:a']);
    void scene.fanout.enter(joiner, ['group:a']);
    scene.arrive(...(await scene.send({ groups: ['a', 'b'] }, 'x')));
    assert.deepEqual(joiner.got, ['x']);
    assert.equal(scene.counters.deliveries, 2);
  });

  test('one idempotency key for two different sends keeps neither from anybody', async () => {
    const tab = await scene.tabIn(['group:a', 'group:b', 'group:c']);
    scene.arrive(...(await scene.send({ groups: ['a', 'b'] }, 'x', 'key')));
    scene.arrive(...(await scene.send({ groups: ['a', 'c'] }, 'y', 'key')));
    assert.deepEqual(tab.got, ['x', 'y']);
  });

  test('a repetition after part of a send got lost does not double it for a tab in both groups', async () => {
    const both = await scene.tabIn(['group:a', 'group:b']);
    const [a] = await scene.send({ groups: ['a', 'b'] }, 'x', 'key');
    const [, b] = await scene.send({ groups: ['a', 'b'] }, 'x', 'key');
    scene.arrive(a!, b!);
    assert.deepEqual(both.got, ['x']);
  });

  test('sends are forgotten after a while, so that their tabs can be', async () => {
    const both = await scene.tabIn(['group:a', 'group:b']);
    const [a, b] = await scene.send({ groups: ['a', 'b'] }, 'x');
    scene.arrive(a!);
    scene.now = 60_000;
    scene.arrive(b!);
    assert.deepEqual(both.got, ['x', 'x']);
  });

  test('several users carry no list, for a tab has one user', async () => {
    const [first] = await scene.send({ users: ['1', '2'] }, 'x');
    assert.equal(Buffer.from(first!.bytes).toString(), '{"action":"say","details":["x"]}');
  });

  test('session, except and connection reach whom they name', async () => {
    const one = await scene.tabIn(['user:1'], 'json', 's1');
    const two = await scene.tabIn(['user:1'], 'msgpack', 's2');
    scene.arrive(...(await scene.send({ user: '1', session: 's2' }, 'session')));
    scene.arrive(...(await scene.send({ user: '1', except: one.connection }, 'except')));
    scene.arrive(...(await scene.send({ connection: one.connection }, 'connection')));
    assert.deepEqual(one.got, ['connection']);
    assert.deepEqual(two.got, ['session', 'except']);
    assert.equal(scene.counters.deliveries, 3);
  });

  test('one send is timed from its beginning until the tabs have it, and the others meanwhile are not', async () => {
    const tab = await scene.tabIn(['all', 'user:1']);
    scene.now = 1000;
    const first = await scene.send({ user: '1' }, 'x');
    scene.now = 1100;
    const others = [...(await scene.send({ user: '1' }, 'y')), ...(await scene.send({ all: true }, 'x'))];
    scene.now = 1250;
    scene.arrive(...others, ...first, ...first);
    assert.deepEqual(scene.sampled, [0.25]);
    assert.deepEqual(tab.got, ['y', 'x', 'x', 'x']);
  });

  test('the next send is timed after the next tick', async () => {
    await scene.tabIn(['all']);
    scene.arrive(...(await scene.send({ all: true }, 'x')));
    scene.arrive(...(await scene.send({ all: true }, 'y')));
    assert.equal(scene.sampled.length, 1);
    scene.sample.tick();
    scene.arrive(...(await scene.send({ all: true }, 'z')));
    assert.equal(scene.sampled.length, 2);
  });

  test('what nobody here listens to is not waited for, and what does not come back only for 5 s', async () => {
    await scene.tabIn(['group:a', 'all']);
    await scene.send({ user: 'elsewhere' }, 'x');
    await scene.send({ group: 'a' }, 'lost');
    for (scene.now = 0; scene.now < 5000; scene.now += 100) scene.sample.tick();
    scene.arrive(...(await scene.send({ all: true }, 'too early')));
    assert.deepEqual(scene.sampled, []);
    scene.sample.tick();
    scene.arrive(...(await scene.send({ groups: ['elsewhere', 'a'] }, 'x')));
    assert.deepEqual(scene.sampled, [0]);
  });

  test('the last tab of a channel lets it go, and a tab that left hears nothing', async () => {
    const one = await scene.tabIn(['group:a']);
    const two = await scene.tabIn(['group:a']);
    scene.fanout.leave(one, ['group:a']);
    assert.ok(scene.broker.wanted.has('group:a'));
    scene.fanout.forget(two, ['group:a']);
    assert.ok(!scene.broker.wanted.has('group:a'));
    assert.equal(scene.hub.channels, 0);
    scene.arrive(...(await scene.send({ group: 'a' }, 'x')));
    assert.deepEqual(one.got, []);
  });

  test('a tab that left while its channel was being confirmed does not listen', async () => {
    const tab = new NotingTab('gw-9');
    const entering = scene.fanout.enter(tab, ['group:a']);
    scene.fanout.leave(tab, ['group:a']);
    scene.broker.confirmAll();
    scene.fanout.listen(await entering);
    assert.equal(tab.topics.size, 0);
  });

  test('orders go to their taker and to no tab, and count as publications of their channel', async () => {
    const tab = await scene.tabIn(['all']);
    scene.arrive({ channel: 'all', bytes: encodeOrder({ kind: 'anything' }) });
    assert.deepEqual(scene.ordered, ['all']);
    assert.deepEqual(tab.got, []);
    assert.deepEqual([scene.counters.publications.all, scene.counters.unreadableEnvelopes], [1, 0]);
  });

  test('what is no envelope of ours is counted and ignored', () => {
    for (const bytes of [[], [1], [3, 0, 0, 123], [1, 0, 9, 0x80], [1, 0, 1, 0xc0, 65]])
      scene.arrive({ channel: 'all', bytes: Buffer.from(bytes) });
    assert.equal(scene.counters.unreadableEnvelopes, 5);
  });
});
