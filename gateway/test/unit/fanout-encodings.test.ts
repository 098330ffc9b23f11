import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Hub } from '../../src/fanout/hub.js';
import { FanoutScene } from '../support/fanout-scene.js';

describe('fan-out to tabs that take their frames in different ways', () => {
  let scene: FanoutScene;
  beforeEach(() => {
    scene = new FanoutScene();
  });

  test('each encoding gets one publish, and MessagePack is made only where a tab wants it', async () => {
    const json = await scene.tabIn(['all']);
    scene.arrive(...(await scene.send({ all: true }, 'x')));
    const msgpack = await scene.tabIn(['all'], 'msgpack');
    scene.arrive(...(await scene.send({ all: true }, 'y')));
    assert.deepEqual(json.got, ['x', 'y']);
    assert.deepEqual(msgpack.got, ['msgpack']);
    assert.equal(scene.counters.deliveries, 3);
  });

  test('tabs on shared sockets get one frame with the channel in it, and the others nothing of that', async () => {
    const lone = await scene.tabIn(['group:a "b"']);
    scene.arrive(...(await scene.send({ group: 'a "b"' }, 'before')));
    const lanes = [
      await scene.tabIn(['group:a "b"'], 'shared'),
      await scene.tabIn(['group:a "b"'], 'shared'),
    ];
    const [deliveries, bytes] = [scene.counters.deliveries, scene.counters.deliveredBytes];
    scene.arrive(...(await scene.send({ group: 'a "b"' }, 'x')));
    const frame = '"action":"say","details":["x"]}';
    assert.deepEqual(scene.published.slice(1), [
      ['group:a "b"', `{${frame}`],
      ['shared group:a "b"', `{"at":["group:a \\"b\\"",null],${frame}`],
    ]);
    assert.deepEqual(
      [lone.got, lanes.map(({ got }) => got)],
      [
        ['before', 'x'],
        [['x'], ['x']],
      ],
    );
    assert.equal(scene.counters.deliveries - deliveries, 3);
    // The fake counts every tab as a socket.
    const lengths = scene.published.slice(1).map(([, text]) => text.length) as [number, number];
    assert.equal(scene.counters.deliveredBytes - bytes, lengths[0] + 2 * lengths[1]);
    for (const tab of [lone, ...lanes]) scene.fanout.leave(tab, ['group:a "b"']);
    scene.arrive(...(await scene.send({ group: 'a "b"' }, 'y')));
    assert.equal(scene.published.length, 3);
  });

  test('what is for some tabs only goes to each of them on shared sockets, with the channel', async () => {
    const [one, two] = [
      await scene.tabIn(['user:1'], 'shared', 's1'),
      await scene.tabIn(['user:1'], 'shared', 's2'),
    ];
    scene.arrive(...(await scene.send({ user: '1', session: 's2' }, 'session')));
    scene.arrive(...(await scene.send({ user: '1', except: two.connection }, 'except')));
    scene.arrive(...(await scene.send({ connection: one.connection }, 'connection')));
    assert.deepEqual([one.got, two.got], [['except', 'connection'], ['session']]);
    assert.deepEqual([one.places, two.places], [[['user:1', null]], [['user:1', null]]]);
    assert.deepEqual(scene.published, []);
  });

  test('a send to channels that may share tabs goes to each tab on shared sockets, even where all of a channel get it', async () => {
    const lone = await scene.tabIn(['group:a']);
    const lanes = [
      await scene.tabIn(['group:a', 'group:b'], 'shared'),
      await scene.tabIn(['group:b'], 'shared'),
    ];
    scene.arrive(...(await scene.send({ groups: ['a', 'b'] }, 'x')));
    assert.deepEqual(
      [lone, ...lanes].map(({ got }) => got),
      [['x'], ['x'], ['x']],
    );
    assert.deepEqual(
      scene.published.map(([topic]) => topic),
      ['group:a'],
    );
    assert.deepEqual(
      lanes.map(({ places }) => places),
      [[['group:a', null]], [['group:b', null]]],
    );
  });

  test('where only the latest counts it goes tab by tab, as a frame that may be replaced', async () => {
    scene = new FanoutScene(new Hub(['group']));
    const [json, msgpack] = [
      await scene.tabIn(['all', 'group:a']),
      await scene.tabIn(['all', 'group:a'], 'msgpack'),
    ];
    scene.arrive(...(await scene.send({ all: true }, 'x')), ...(await scene.send({ group: 'a' }, 'y')));
    scene.arrive(...(await scene.send({ group: 'a', except: json.connection }, 'z')));
    assert.deepEqual(json.got, ['x', 'y']);
    assert.deepEqual(json.replaceable, ['y']);
    assert.deepEqual(msgpack.got, ['msgpack', 'y', 'z']);
    assert.deepEqual(msgpack.replaceable, ['y', 'z']);
    assert.equal(scene.counters.deliveries, 5);
    const shared = await scene.tabIn(['group:a'], 'shared');
    scene.arrive(...(await scene.send({ group: 'a' }, 'w')));
    assert.deepEqual([shared.replaceable, shared.places], [['w'], [['group:a', null]]]);
  });
});
