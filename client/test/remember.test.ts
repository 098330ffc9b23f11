import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ann, former, listen, open, publish, resumed } from './support/resuming.js';
import { World } from './support/world.js';

describe('remember', () => {
  const options = { token: 'a.b.c', remember: 'session' } as const;

  /** A page that follows another one in the same tab of the browser; and what it hears. */
  async function load({ session, url }: Pick<World, 'session' | 'url'>) {
    const world = Object.assign(new World(), { session, url });
    const tabs = world.tab(options);
    const heard = listen(tabs);
    await world.settle();
    world.socket.accept();
    return { world, tabs, heard };
  }

  /** The page is loaded again. */
  async function reload(before: World): Promise<World> {
    before.leave();
    return (await load(before)).world;
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

  test('nor does a page after one that has crashed', async () => {
    const { world } = await load(await session());
    assert.equal(resumed(world), undefined);
  });

  test('nor after one that was put aside, came back, and has crashed then', async () => {
    const world = await session();
    world.leave();
    assert.equal(world.session?.size, 1);
    world.comeBack();
    assert.equal(world.session?.size, 0);
    publish(world, 'user:ann', '1-6', 6);
    assert.equal(resumed((await load(world)).world), undefined);
    assert.deepEqual(resumed(await reload(world)), { all: '1-3', 'user:ann': '1-6' });
  });

  test('nor after one that has closed its tab, or whose user has logged out', async () => {
    const closed = new World();
    const { tabs } = await closed.openTab(options, ann);
    tabs.close();
    assert.equal(closed.leftovers, 0);
    assert.equal(resumed(await reload(closed)), undefined);

    const world = new World();
    let token: string | null = 'a.b.c';
    const getToken = () => token;
    await world.openTab({ getToken, remember: 'session' }, ann);
    token = null;
    world.socket.drop(4002);
    await world.pass(2000);
    assert.equal(world.leftovers, 0);
    assert.equal(resumed(await reload(world)), undefined);
  });

  for (const code of [4002, 4403, 4410])
    test(`after close code ${code}, which is for good, it goes on where it was`, async () => {
      const world = await session();
      publish(world, 'user:ann', '1-6', 6);
      world.socket.drop(code);
      assert.equal(world.leftovers, 0);
      assert.deepEqual(resumed(await reload(world)), { all: '1-3', 'user:ann': '1-6' });
    });

  test('what is in the query of the URL, a token say, is neither kept nor part of it', async () => {
    const world = new World();
    world.url += '?token=a.b.c';
    await world.openTab({ remember: 'session' }, ann);
    world.leave();
    assert.doesNotMatch(JSON.stringify([...world.session!]), /token/);
    const url = world.url.replace('a.b.c', 'd.e.f');
    assert.deepEqual(resumed((await load({ session: world.session, url })).world), ann.positions);
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

    const stale = await session();
    stale.leave();
    stale.session!.isFull = true;
    publish(stale, 'user:ann', '1-6', 6);
    assert.equal(resumed(await reload(stale)), undefined);
  });

  describe('groups', () => {
    const recovered = { all: true, 'user:ann': true };
    const joined = ['room', { positions: { 'group:room': '1-3' } }];

    /** The page after one that was in the group `room`. */
    async function afterRoom() {
      const world = new World();
      const { tabs } = await world.openTab(options, ann);
      void tabs.join('room');
      world.socket.reply('sys/join', joined);
      world.leave();
      return load(world);
    }

    test('one that the page joins late goes on where the page before was', async () => {
      const { world, tabs, heard } = await afterRoom();
      world.socket.welcome({ ...ann, recovered });
      void tabs.join('room');
      assert.deepEqual(world.socket.sentOf('sys/join'), [['room', '1-3']]);
      world.socket.reply('sys/join', [
        ...joined.slice(0, 1),
        { ...(joined[1] as object), recovered: { 'group:room': true } },
      ]);
      publish(world, 'group:room', '1-4', 4);
      assert.deepEqual(heard, ['recovered all,user:ann', 'recovered group:room', 4]);
      assert.equal(resumed(await reload(world))?.['group:room'], '1-4');
    });

    test('one that the page never joins is not lost to it, and not handed on', async () => {
      const { world, heard } = await afterRoom();
      world.socket.welcome({ ...ann, recovered });
      assert.deepEqual(heard, ['recovered all,user:ann']);
      assert.deepEqual(resumed(await reload(world)), ann.positions);
    });

    test('one that the page wants to be in is handed on, connected or not; so are all before the first welcome', async () => {
      const { world, tabs } = await afterRoom();
      const next = await reload(world);
      assert.equal(resumed(next)?.['group:room'], '1-3');
      next.leave();
      const { world: last, tabs: lastTabs } = await load(next);
      last.socket.welcome({ ...ann, recovered });
      last.socket.drop();
      void lastTabs.join('room');
      assert.equal(resumed(await reload(last))?.['group:room'], '1-3');
      tabs.close();
    });

    test('one that the token names is handed on and resumed by the welcome', async () => {
      const world = new World();
      const positions = { ...ann.positions, 'group:staff': '1-2' };
      await world.openTab(options, { ...ann, groups: ['staff'], positions });
      world.socket.drop();
      assert.deepEqual(resumed(await reload(world)), positions);
    });
  });
});
