import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TestTab, tokenFor } from '../support/tab.js';
import { TwoGateways } from '../support/two-gateways.js';
import { until } from '../support/until.js';

interface History {
  readonly channel: string;
  readonly position: string;
  readonly entries: readonly { position: string; action: string; details: unknown[] }[];
  readonly complete: boolean;
}

/** What backends see of the history of channels: two gateways, a real Redis, options that differ by kind. */
describe('history for backends', { timeout: 60_000 }, () => {
  const size = 5;
  const world = new TwoGateways({
    ...{ HISTORY_USER_SIZE: String(size), HISTORY_GROUP_AGE: '1', HISTORY_ALL_SIZE: '0' },
    LATEST_CHANNELS: 'registered',
  });

  const ask = (query: Record<string, string>, gateway = 0) =>
    world.gateways[gateway]!.api(`/v1/history?${new URLSearchParams(query)}`);

  async function read(query: Record<string, string>, gateway = 0): Promise<History> {
    const answer = await ask(query, gateway);
    assert.equal(answer.status, 200);
    return (await answer.json()) as History;
  }

  /** Sends, and answers the receipt. */
  async function send(body: object, gateway = 0, headers: Record<string, string> = {}) {
    const answer = await world.gateways[gateway]!.send({ action: 'count', ...body }, headers);
    assert.equal(answer.status, 200);
    return (await answer.json()) as Record<string, { gateways: number; position?: string }>;
  }

  /** Sends so many to a user, by both gateways in turn. Resolves to their positions. */
  async function fill(user: string, count: number): Promise<string[]> {
    const positions: string[] = [];
    for (let number = 1; number <= count; number++) {
      const receipt = await send({ to: { user }, details: [number] }, number % 2);
      positions.push(receipt[`user:${user}`]!.position!);
    }
    return positions;
  }

  const positionsIn = ({ entries }: History) => entries.map(({ position }) => position);

  test('receipts name positions that rise by one, and any gateway tells what stands there', async () => {
    const positions = await fill('ann', 3);
    const [epoch] = positions[0]!.split('-');
    assert.deepEqual(positions, [`${epoch}-1`, `${epoch}-2`, `${epoch}-3`]);
    const expected = {
      channel: 'user:ann',
      position: `${epoch}-3`,
      entries: [1, 2, 3].map((number) => ({
        ...{ position: `${epoch}-${number}`, action: 'count', details: [number] },
      })),
      complete: true,
    };
    for (const gateway of [0, 1]) assert.deepEqual(await read({ channel: 'user:ann' }, gateway), expected);
  });

  test('pages follow one another by the position of the last entry', async () => {
    const positions = await fill('bob', size);
    const pages: string[][] = [];
    let after = '';
    do {
      const page = await read({ channel: 'user:bob', limit: '2', ...(after && { after }) });
      assert.equal(page.position, positions.at(-1));
      assert.equal(page.complete, true);
      pages.push(positionsIn(page));
      after = page.entries.at(-1)!.position;
    } while (after !== positions.at(-1));
    assert.deepEqual(pages, [positions.slice(0, 2), positions.slice(2, 4), positions.slice(4)]);
    assert.deepEqual(await read({ channel: 'user:bob', after }), {
      ...{ channel: 'user:bob', position: after, entries: [], complete: true },
    });
  });

  test('what was pushed out is gone, and said to be', async () => {
    const positions = await fill('cid', size + 2);
    const all = await read({ channel: 'user:cid' });
    assert.deepEqual(positionsIn(all), positions.slice(2));
    assert.equal(all.complete, false);
    const tooOld = await read({ channel: 'user:cid', after: positions[0]! });
    assert.deepEqual([positionsIn(tooOld), tooOld.complete], [positions.slice(2), false]);
    const justKept = await read({ channel: 'user:cid', after: positions[1]! });
    assert.deepEqual([positionsIn(justKept), justKept.complete], [positions.slice(2), true]);
  });

  test('a channel that nothing was sent to stands somewhere, and a position elsewhere is not complete', async () => {
    const { position, entries, complete } = await read({ channel: 'user:dan', limit: '0' });
    assert.match(position, /^\d+-0$/);
    assert.deepEqual([entries, complete], [[], true]);
    const [sent] = await fill('dan', 1);
    assert.deepEqual(positionsIn(await read({ channel: 'user:dan', after: position })), [sent]);
    for (const after of ['1-1', `${'9'.repeat(20)}-${'9'.repeat(15)}`, `${position.split('-')[0]}-7`]) {
      const other = await read({ channel: 'user:dan', after });
      assert.deepEqual([other.position, other.complete], [sent, false], after);
    }
  });

  test('entries say whom they were not for', async () => {
    await send({ to: { user: 'eve', session: 's' } });
    await send({ to: { user: 'eve', except: 'g-1' } });
    await send({ to: { users: ['eve'], groups: ['red'] } });
    const { entries } = await read({ channel: 'user:eve' });
    assert.deepEqual(
      entries.map(({ position, ...others }) => others),
      [{ session: 's' }, { except: 'g-1' }, {}].map((narrow) => ({
        ...{ action: 'count', details: [], ...narrow },
      })),
    );
  });

  test('each channel of a send has its own position', async () => {
    await fill('fay', 1);
    const receipt = await send({ to: { users: ['fay', 'gil'], group: 'staff' } });
    const offsets = Object.entries(receipt).map(([name, { position }]) => [name, position!.split('-')[1]]);
    assert.deepEqual(Object.fromEntries(offsets), { 'user:fay': '2', 'user:gil': '1', 'group:staff': '1' });
  });

  test('a repetition is not kept twice, and gets the same receipt', async () => {
    const again = { 'idempotency-key': 'kept-once' };
    const first = await send({ to: { user: 'hal' } }, 0, again);
    assert.deepEqual(await send({ to: { user: 'hal' } }, 1, again), first);
    assert.equal((await read({ channel: 'user:hal' })).entries.length, 1);
  });

  test('what is sent without history arrives, and leaves no trace', async () => {
    const tab = await TestTab.open(world.gateways[1]!.socketUrl, { token: await tokenFor('ida') });
    assert.deepEqual(await send({ to: { user: 'ida' }, history: false }), { 'user:ida': { gateways: 1 } });
    await tab.next('count');
    const { entries, position, complete } = await read({ channel: 'user:ida' });
    assert.deepEqual([entries, position.split('-')[1], complete], [[], '0', true]);
    await tab.close();
  });

  test('a kind whose size is 0 keeps nothing, and the tabs of one gateway never have a history', async () => {
    const tab = await TestTab.open(world.gateways[0]!.socketUrl, { token: await tokenFor('jim') });
    assert.deepEqual(Object.keys((await send({ to: { all: true } }))['all']!), ['gateways']);
    assert.deepEqual((await read({ channel: 'all' })).entries, []);
    assert.deepEqual(await send({ to: { connection: tab.connection } }), {
      [`connection:${tab.connection}`]: { gateways: 1 },
    });
    await tab.close();
  });

  test('where only the latest counts nothing is kept, and nobody is told that it could be resumed', async () => {
    const [token, resume] = [await tokenFor('joe'), { registered: '1-1' }];
    const tab = await TestTab.open(world.gateways[0]!.socketUrl, { token, resume });
    const { positions, recovered } = await tab.welcome();
    assert.deepEqual([Object.keys(positions!), recovered], [['user:joe'], {}]);
    assert.deepEqual(Object.keys((await send({ to: { registered: true } }))['registered']!), ['gateways']);
    assert.equal((await tab.next('count')).at, undefined);
    const { position, entries } = await read({ channel: 'registered' });
    assert.deepEqual([position.split('-')[1], entries], ['0', []]);
    await tab.close();
  });

  test('what has reached its age is forgotten, but not where the channel stood', async () => {
    const { position } = (await send({ to: { group: 'blue' } }))['group:blue']!;
    const channel = 'group:blue';
    await until('it to be forgotten', async () => (await read({ channel })).entries.length === 0);
    assert.deepEqual(await read({ channel }), { channel, position, entries: [], complete: false });
    const next = (await send({ to: { group: 'blue' } }))['group:blue']!.position!;
    assert.deepEqual(next.split('-'), [position!.split('-')[0], '2']);
    assert.equal((await read({ channel, after: position! })).complete, true);
  });

  test('bad input is refused with the field, and nobody reads without a key', async () => {
    for (const [query, field] of [
      [{}, 'channel'],
      [{ channel: 'gateway:1' }, 'channel'],
      [{ channel: 'all', after: 'x' }, 'after'],
      [{ channel: 'all', limit: '1001' }, 'limit'],
    ] as const) {
      const answer = await ask(query);
      assert.equal(answer.status, 400);
      assert.equal(((await answer.json()) as { field: string }).field, field);
    }
    const { internalPort } = world.gateways[0]!;
    const url = `http://127.0.0.1:${internalPort}/v1/history?channel=all`;
    assert.equal((await fetch(url)).status, 401);
  });

  test('a Redis without memory refuses what is to be kept, delivers none of it, and carries the rest', async () => {
    const gateway = world.gateways[0]!;
    const tab = await TestTab.open(gateway.socketUrl, { token: await tokenFor('kim') });
    const to = { user: 'kim' };
    const { position } = (await send({ to, action: 'before' }))['user:kim']!;
    await world.redis.config('maxmemory', '1');
    const refused = await gateway.send({ to, action: 'refused' });
    assert.equal(refused.status, 507);
    const { code, type } = (await refused.json()) as { code: string; type: string };
    assert.deepEqual([code, type], ['history-full', 'urn:tabcast:problem:history-full']);
    await send({ to, action: 'not kept', history: false });
    await tab.next('not kept');
    assert.equal((await read({ channel: 'user:kim' })).position, position);
    await world.redis.config('maxmemory', '0');
    await until('room', async () => (await gateway.send({ to, action: 'after' })).status === 200);
    await tab.next('after');
    assert.deepEqual(
      tab.frames.map(({ action }) => action).filter((action) => !action.startsWith('sys/')),
      ['before', 'not kept', 'after'],
    );
    const { entries } = await read({ channel: 'user:kim' });
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['before', 'after'],
    );
    await tab.close();
  });
});
