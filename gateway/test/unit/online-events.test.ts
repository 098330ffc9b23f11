import assert from 'node:assert/strict';
import { beforeEach, describe, type TestContext, test } from 'node:test';
import { userChannel } from '@tabcast/shared';
import { delay, OnlineGateway, OnlineWorld, roster, settled } from './online-world.js';

const minute = 60_000;

let world: OnlineWorld;

describe('online and offline', () => {
  let a: OnlineGateway;
  let b: OnlineGateway;

  beforeEach((t) => {
    world = new OnlineWorld(t as TestContext);
    [a, b] = world.gateways('a', 'b') as [OnlineGateway, OnlineGateway];
  });

  test('the first tab in the cluster is world.told, and after the delay the last one', async () => {
    for (const gateway of [a, a, b]) gateway.open('ann');
    await settled();
    assert.deepEqual(world.told, ['ann on']);
    for (const gateway of [a, b, a]) gateway.close('ann');
    await world.pass(delay - 1);
    assert.deepEqual(world.told, ['ann on']);
    await world.pass(1);
    assert.deepEqual(world.told, ['ann on', 'ann off']);
  });

  test('a tab that goes while others are here is no event, and costs the registry nothing', async () => {
    let asked = 0;
    const { cameOnline, wentOffline } = a.registry;
    const counted = (method: typeof cameOnline) => (user: string) => {
      asked++;
      return method.call(a.registry, user);
    };
    a.registry.cameOnline = counted(cameOnline);
    a.registry.wentOffline = counted(wentOffline);
    for (let i = 0; i < 3; i++) a.open('ann');
    for (let i = 0; i < 2; i++) {
      a.close('ann');
      await world.pass(delay);
    }
    assert.deepEqual([world.told, asked], [['ann on'], 1]);
    a.close('ann');
    await world.pass(1000);
    a.open('ann');
    await world.pass(delay);
    assert.deepEqual([world.told, asked], [['ann on'], 2]);
    a.close('ann');
    await world.pass(delay);
    assert.deepEqual([world.told, asked], [['ann on', 'ann off'], 3]);
  });

  test('a page that reloads is no event, on whichever gateway it comes back', async () => {
    a.open('ann');
    await settled();
    let here = a;
    for (let i = 0; i < 20; i++) {
      here.close('ann');
      await world.pass(delay - 1);
      if (i % 3 > 0) here = here === a ? b : a;
      here.open('ann');
      await world.pass(2 * delay);
    }
    assert.deepEqual(world.told, ['ann on']);
  });

  test('a tab that went before it was welcomed was never there', async () => {
    a.events.went('ann');
    await world.pass(delay);
    assert.deepEqual(world.told, []);
  });

  test('a user who is noted as offline by somebody else meanwhile comes online again', async () => {
    a.open('ann');
    a.close('ann');
    await settled();
    assert.deepEqual(await b.registry.sweepOffline(), ['ann']);
    await world.pass(1000);
    a.open('ann');
    await settled();
    assert.deepEqual(world.told, ['ann on', 'ann on']);
  });
});

describe('a gateway that ends', () => {
  let a: OnlineGateway;
  let b: OnlineGateway;
  let c: OnlineGateway;

  beforeEach(async (t) => {
    world = new OnlineWorld(t as TestContext);
    [a, b, c] = world.gateways('a', 'b', 'c') as [OnlineGateway, OnlineGateway, OnlineGateway];
    for (const gateway of [a, b, c]) await gateway.events.beaten(roster(a, b, c));
    for (const user of ['ann', 'bob']) a.open(user);
    for (const user of ['bob', 'cid']) c.open(user);
    await settled();
    world.told = [];
  });

  test('one of the others finds who was there only, after the delay', async () => {
    let others = 0;
    c.registry.sweepOffline = async () => {
      others++;
      return [];
    };
    a.end();
    for (const gateway of [c, b]) await gateway.events.beaten(roster(b, c));
    await world.pass(delay - 1);
    for (const gateway of [c, b]) await gateway.events.beaten(roster(b, c));
    assert.deepEqual(world.told, []);
    await world.pass(1);
    for (const gateway of [c, b, c, b]) await gateway.events.beaten(roster(b, c));
    assert.deepEqual([world.told, others], [['ann off'], 0]);
  });

  test('when that one ends as well, the next one does', async () => {
    a.end();
    for (const gateway of [c, b]) await gateway.events.beaten(roster(b, c));
    b.end();
    await world.pass(delay);
    await c.events.beaten(roster(c));
    assert.deepEqual(world.told, []);
    await world.pass(delay);
    await c.events.beaten(roster(c));
    assert.deepEqual(world.told, ['ann off']);
  });

  test('one that leaves tells its last news first, and none later', async () => {
    const { wentOffline } = a.registry;
    let answer = () => {};
    a.registry.wentOffline = (user) =>
      new Promise((resolve) => {
        answer = () => resolve(wentOffline.call(a.registry, user));
      });
    a.close('ann');
    await world.pass(delay);
    a.close('bob');
    c.close('bob');
    let closed = false;
    const closing = a.events.close().then(() => {
      closed = true;
    });
    await settled();
    assert.equal(closed, false);
    answer();
    await closing;
    assert.deepEqual(world.told.splice(0), ['ann off']);
    a.registry.wentOffline = wentOffline;
    await world.pass(delay);
    assert.deepEqual(world.told, ['bob off'], 'by c, which asked last and stays');
  });

  test('when nobody is left, the next one that starts', async () => {
    for (const gateway of [a, b, c]) gateway.end();
    const late = new OnlineGateway('d', world);
    await late.events.beaten(roster(late));
    late.open('cid');
    await world.pass(delay);
    await late.events.beaten(roster(late));
    assert.deepEqual(world.told.toSorted(), ['ann off', 'bob off']);
  });

  test('one whose end Redis notices late is found within a minute', async () => {
    const deaf = () => {};
    world.bus.join(userChannel('ann'), deaf);
    a.end();
    await b.events.beaten(roster(b, c));
    await world.pass(delay);
    await b.events.beaten(roster(b, c));
    world.bus.leave(userChannel('ann'), deaf);
    await world.pass(minute - 1);
    await b.events.beaten(roster(b, c));
    assert.deepEqual(world.told, []);
    await world.pass(1);
    await b.events.beaten(roster(b, c));
    assert.deepEqual(world.told, ['ann off']);
  });

  test('a sweep that fails is repeated with the next beat', async () => {
    a.end();
    await b.events.beaten(roster(b, c));
    await world.pass(delay);
    await b.registry.close();
    await b.events.beaten(roster(b, c));
    await b.registry.start();
    await b.events.beaten(roster(b, c));
    assert.deepEqual(world.told, ['ann off']);
  });
});
