import assert from 'node:assert/strict';
import { beforeEach, describe, type TestContext, test } from 'node:test';
import { BrokerUnavailable, OutcomeUnknown } from '../../src/broker/broker.js';
import { delay, OnlineGateway, OnlineWorld, roster, settled } from './online-world.js';

let world: OnlineWorld;

describe('a registry that is away', () => {
  let a: OnlineGateway;

  beforeEach((t) => {
    world = new OnlineWorld(t as TestContext);
    a = new OnlineGateway('a', world);
  });

  test('what it did not hear it hears with the next beat, as it is by then', async () => {
    for (const user of ['ann', 'bob', 'cid']) a.open(user);
    await settled();
    await a.registry.close();
    for (const user of ['ann', 'bob']) a.close(user);
    a.open('dan');
    await world.pass(delay);
    a.open('bob');
    await a.events.beaten(roster(a));
    assert.deepEqual(world.told.splice(0), ['ann on', 'bob on', 'cid on']);
    await a.registry.start();
    await a.events.beaten(roster(a));
    assert.deepEqual(world.told.splice(0).toSorted(), ['ann off', 'bob on', 'dan on']);
    await a.events.beaten(roster(a));
    assert.deepEqual(world.told, []);
  });

  test('an answer that is lost costs no event, in either direction', async () => {
    const { cameOnline, wentOffline } = a.registry;
    const lose = async (): Promise<never> => {
      throw new OutcomeUnknown('for the test');
    };
    a.registry.cameOnline = (user) => cameOnline.call(a.registry, user).then(lose);
    a.open('ann');
    await settled();
    a.registry.cameOnline = cameOnline;
    await a.events.beaten(roster(a));
    assert.deepEqual(world.told.splice(0), ['ann on']);

    a.registry.wentOffline = (user) => wentOffline.call(a.registry, user).then(lose);
    a.close('ann');
    await world.pass(delay);
    a.registry.wentOffline = wentOffline;
    await a.events.beaten(roster(a));
    await a.events.beaten(roster(a));
    assert.deepEqual(world.told, ['ann off']);
  });

  test('who leaves while it forgets everything goes offline all the same', async () => {
    for (const user of ['ann', 'bob', 'cid']) a.open(user);
    await settled();
    world.told = [];
    a.close('ann');
    await world.pass(delay - 1);
    world.bus.records.online.clear();
    a.events.recovered();
    a.close('bob');
    await world.pass(1);
    assert.deepEqual(world.told, ['ann off']);
    await a.events.beaten(roster(a));
    await world.pass(delay - 2);
    assert.deepEqual(world.told, ['ann off', 'cid on']);
    await world.pass(1);
    assert.deepEqual(world.told, ['ann off', 'cid on', 'bob off']);
  });

  test('each beat asks it once while it does not answer', async () => {
    for (const user of ['ann', 'bob', 'cid']) a.open(user);
    await settled();
    let asked = 0;
    a.registry.cameOnline = async () => {
      asked++;
      throw new BrokerUnavailable('for the test');
    };
    a.events.recovered();
    await a.events.beaten(roster(a));
    await a.events.beaten(roster(a));
    assert.equal(asked, 2);
  });

  test('when it has lost everything it is world.told again of everybody here, and so is the backend', async () => {
    for (const user of ['ann', 'bob']) a.open(user);
    await settled();
    world.told = [];
    world.bus.records.online.clear();
    a.events.recovered();
    await a.events.beaten(roster(a));
    await a.events.beaten(roster(a));
    assert.deepEqual(world.told, ['ann on', 'bob on']);
    a.close('ann');
    await world.pass(delay);
    assert.deepEqual(world.told, ['ann on', 'bob on', 'ann off']);
  });

  test('nobody is called offline whose gateway is only just subscribing again', async () => {
    const b = new OnlineGateway('b', world);
    for (const gateway of [a, b]) await gateway.events.beaten(roster(a, b));
    a.open('ann');
    await settled();
    await world.pass(delay);
    a.events.recovered();
    // What b would see of a in this moment.
    world.bus.records.online.add('ann of b');
    await a.events.beaten(roster(a, b));
    assert.equal(world.bus.records.online.has('ann of b'), true);
    await world.pass(delay);
    await a.events.beaten(roster(a, b));
    assert.equal(world.bus.records.online.has('ann of b'), false);
  });
});
