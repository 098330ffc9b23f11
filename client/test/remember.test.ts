import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ann, former, open, publish, resumed } from './support/resuming.js';
import { World } from './support/world.js';

describe('remember', () => {
  const options = { token: 'a.b.c', remember: 'session' } as const;

  /** The page is loaded again, in the same tab of the browser. */
  async function reload(before: World): Promise<World> {
    const world = new World();
    world.session = before.session;
    before.leave();
    world.tab(options);
    await world.settle();
    world.socket.accept();
    return world;
  }

  async function session(): Promise<World> {
    const world = new World();
    await world.openTab(options, ann);
    return world;
  }

  test('in memory: a page that is loaded again begins anew', async () => {
    const { world } = await open();
    assert.equal(resumed(await reload(world)), undefined);
    assert.equal(world.session?.size, 0);
  });

  test('in the session: it goes on where it was', async () => {
    const world = await session();
    publish(world, 'user:ann', '1-6', 6);
    const next = await reload(world);
    assert.deepEqual(resumed(next), { all: '1-3', 'user:ann': '1-6' });
    next.socket.welcome({ ...ann, recovered: { all: true, 'user:ann': true } });
    publish(next, 'user:ann', '1-7', 7);
    assert.deepEqual(resumed(await reload(next)), { all: '1-3', 'user:ann': '1-7' });
  });

  test('another user does not', async () => {
    const next = await reload(await session());
    assert.deepEqual(former(next), { user: 'ann', connection: 'g1-1' });
    next.socket.welcome({ user: 'bob', connection: 'g1-2', positions: { all: '1-9' } });
    const after = await reload(next);
    assert.deepEqual(resumed(after), { all: '1-9' });
    assert.deepEqual(former(after), { user: 'bob', connection: 'g1-2' });
  });

  test('nor does a page after one that has crashed, or has closed its tab', async () => {
    const crashed = await reload(await session());
    const after = new World();
    after.session = crashed.session;
    await after.openTab(options, ann);
    assert.equal(resumed(after), undefined);

    const world = new World();
    const { tabs } = await world.openTab(options, ann);
    tabs.close();
    assert.equal(world.leftovers, 0);
    assert.equal(resumed(await reload(world)), undefined);
  });

  for (const text of [
    'no JSON',
    'null',
    '7',
    '{}',
    '{"user":"ann","positions":[1,null]}',
    '{"positions":{"all":"1-3"}}',
    '[{"all":{}},{"user":"ann"}]',
  ])
    test(`what is no such thing is ignored: ${text}`, async () => {
      const world = await session();
      world.leave();
      const [key] = [...world.session!.keys()];
      const next = new World();
      next.session!.set(key!, text);
      await next.openTab(options, ann);
      assert.equal(resumed(next), undefined);
    });

  test('without a storage, or with a full one, it is as in memory', async () => {
    const world = new World();
    world.session = undefined;
    await world.openTab(options, ann);
    assert.equal(resumed(await reload(world)), undefined);

    const full = await session();
    full.session!.isFull = true;
    assert.equal(resumed(await reload(full)), undefined);
    assert.deepEqual(full.reported, []);
  });
});
