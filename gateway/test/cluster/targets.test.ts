import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Target } from '@tabcast/shared';
import { GatewayProcess } from '../support/gateway.js';
import { withoutPositions } from '../support/receipt.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { SharedTestSocket } from '../support/shared-socket.js';
import { type TabEncoding, TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/**
 * Every row of the table of targets, from either gateway, to tabs in both encodings and on a shared socket, on both
 * gateways; and who did not get it. Two gateway processes on one real Redis.
 */

/** A tab of the audience, by a name that tells who it is. */
interface Seat {
  readonly name: string;
  readonly gateway: 0 | 1;
  /** On each gateway there is one socket for all that share it. */
  readonly encoding: TabEncoding | 'shared';
  readonly user?: string;
  readonly session?: string;
  readonly groups?: string[];
}

const people: Omit<Seat, 'gateway' | 'encoding' | 'name'>[] = [
  { user: 'ann', session: 'home', groups: ['red', 'blue'] },
  { user: 'ann', session: 'work', groups: ['red'] },
  { user: 'bob', session: 'home', groups: ['blue'] },
  { user: 'cid' },
  {},
];

const audience: Seat[] = people.flatMap((person) =>
  ([0, 1] as const).flatMap((gateway) =>
    (['json', 'msgpack', 'shared'] as const).map((encoding) => ({
      ...person,
      gateway,
      encoding,
      name: `${person.user ?? 'anonymous'}/${person.session ?? '-'} ${encoding} on ${gateway}`,
    })),
  ),
);

const isAnn = ({ user }: Seat) => user === 'ann';
const isIn = (group: string) => (seat: Seat) => seat.groups?.includes(group) ?? false;

describe('targets', () => {
  let redis: RedisServer;
  const gateways: GatewayProcess[] = [];
  const tabs = new Map<Seat, TestTab>();
  const shared: SharedTestSocket[] = [];
  let fences = 0;

  before(async () => {
    redis = await startRedis();
    const options = { REDIS_URL: redis.url, ANONYMOUS: 'true' };
    gateways.push(await GatewayProcess.start(options), await GatewayProcess.start(options));
    for (const { socketUrl } of gateways) shared.push(await SharedTestSocket.open(socketUrl));
    for (const seat of audience) {
      const { user, session, groups, encoding, gateway } = seat;
      const grant = { ...(session && { session }), ...(groups && { groups }) };
      const token = user === undefined ? undefined : await tokenFor(user, grant);
      const tab =
        encoding === 'shared'
          ? shared[gateway]!.openTab({ token })
          : TestTab.open(gateways[gateway]!.socketUrl, { token, encoding });
      tabs.set(seat, await tab);
    }
  });

  after(async () => {
    for (const tab of tabs.values()) await tab.close();
    for (const socket of shared) assert.deepEqual(socket.strays, []);
    for (const socket of shared) await socket.close();
    for (const gateway of gateways) await gateway.kill('SIGTERM');
    await redis.close();
  });

  /** Sends from one gateway and returns, by name and in the order of the audience, how often each tab got it. */
  async function reach(from: number, to: Target): Promise<{ got: string[]; receipt: unknown }> {
    const word = `to ${JSON.stringify(to)} from ${from}`;
    const answer = await gateways[from]!.send({ to, action: 'word', details: [word, { n: 1 }] });
    assert.equal(answer.status, 200, await answer.clone().text());
    await fence(from);
    const got = audience.flatMap((seat) => {
      const frames = tabs
        .get(seat)!
        .frames.filter(({ action, details }) => action === 'word' && details[0] === word);
      for (const { details } of frames) assert.deepEqual(details[1], { n: 1 });
      return frames.map(() => seat.name);
    });
    return { got, receipt: withoutPositions(await answer.json()) };
  }

  /** Everything that was sent from this gateway before has arrived when this has: there is one path and one order. */
  async function fence(from: number): Promise<void> {
    const number = ++fences;
    await gateways[from]!.send({ to: { all: true }, action: `fence ${number}` });
    await Promise.all([...tabs.values()].map((tab) => tab.next(`fence ${number}`)));
  }

  const names = (choose: (seat: Seat) => boolean) => audience.filter(choose).map(({ name }) => name);

  const rows: [string, () => Target, (seat: Seat) => boolean, unknown][] = [
    ['all', () => ({ all: true }), () => true, { all: { gateways: 2 } }],
    [
      'registered',
      () => ({ registered: true }),
      ({ user }) => user !== undefined,
      { registered: { gateways: 2 } },
    ],
    ['user', () => ({ user: 'ann' }), isAnn, { 'user:ann': { gateways: 2 } }],
    [
      'users',
      () => ({ users: ['ann', 'cid', 'nobody'] }),
      ({ user }) => user === 'ann' || user === 'cid',
      { 'user:ann': { gateways: 2 }, 'user:cid': { gateways: 2 }, 'user:nobody': { gateways: 0 } },
    ],
    ['group', () => ({ group: 'red' }), isIn('red'), { 'group:red': { gateways: 2 } }],
    [
      'groups that share tabs',
      () => ({ groups: ['red', 'blue'] }),
      (seat) => isIn('red')(seat) || isIn('blue')(seat),
      { 'group:red': { gateways: 2 }, 'group:blue': { gateways: 2 } },
    ],
    [
      'a group and a user in it',
      () => ({ group: 'blue', user: 'ann' }),
      (seat) => isIn('blue')(seat) || isAnn(seat),
      { 'user:ann': { gateways: 2 }, 'group:blue': { gateways: 2 } },
    ],
    [
      'user and session',
      () => ({ user: 'ann', session: 'work' }),
      ({ session }) => session === 'work',
      { 'user:ann': { gateways: 2 } },
    ],
    [
      'a session of another user',
      () => ({ user: 'cid', session: 'work' }),
      () => false,
      { 'user:cid': { gateways: 2 } },
    ],
    ['nobody', () => ({ user: 'nobody' }), () => false, { 'user:nobody': { gateways: 0 } }],
  ];

  for (const [what, to, choose, receipt] of rows)
    for (const from of [0, 1])
      test(`${what}, sent to gateway ${from}`, async () => {
        const reached = await reach(from, to());
        assert.deepEqual(reached.got, names(choose));
        assert.deepEqual(reached.receipt, receipt);
      });

  for (const seat of [audience[0]!, audience[3]!, audience.at(-1)!])
    for (const from of [0, 1])
      test(`connection: ${seat.name}, sent to gateway ${from}`, async () => {
        const { connection } = tabs.get(seat)!;
        const reached = await reach(from, { connection });
        assert.deepEqual(reached.got, [seat.name]);
        assert.deepEqual(reached.receipt, { [`connection:${connection}`]: { gateways: 1 } });
      });

  test('a connection of a gateway that does not exist reaches nobody, and the receipt says so', async () => {
    const reached = await reach(0, { connection: 'nosuchgateway-1' });
    assert.deepEqual(reached.got, []);
    assert.deepEqual(reached.receipt, { 'connection:nosuchgateway-1': { gateways: 0 } });
  });

  const left = audience[0]!;
  const exceptions: [Target, (seat: Seat) => boolean][] = [
    [{ user: 'ann' }, isAnn],
    [{ groups: ['red', 'blue'] }, (seat) => isIn('red')(seat) || isIn('blue')(seat)],
    [{ registered: true }, ({ user }) => user !== undefined],
    [{ all: true }, () => true],
  ];
  for (const [to, choose] of exceptions)
    for (const from of [0, 1])
      test(`${Object.keys(to)[0]} except one connection, sent to gateway ${from}`, async () => {
        const { got } = await reach(from, { ...to, except: tabs.get(left)!.connection });
        assert.deepEqual(
          got,
          names((seat) => choose(seat) && seat !== left),
        );
      });

  test('a batch arrives in its order, at every tab', async () => {
    const sends = Array.from({ length: 1000 }, (_, n) => ({
      to: { user: 'ann' },
      action: 'count',
      details: [n],
    }));
    const answer = await gateways[0]!.send(sends);
    assert.equal(((await answer.json()) as unknown[]).length, 1000);
    await fence(0);
    for (const [seat, tab] of tabs) {
      const counted = tab.frames.filter(({ action }) => action === 'count').map(({ details }) => details[0]);
      assert.deepEqual(counted, isAnn(seat) ? sends.map(({ details }) => details[0]) : [], seat.name);
    }
  });

  test('a tab that has closed is gone from the channels, on Redis too', async () => {
    const tab = await TestTab.open(gateways[0]!.socketUrl, { token: await tokenFor('eve') });
    assert.deepEqual((await reach(1, { user: 'eve' })).receipt, { 'user:eve': { gateways: 1 } });
    await tab.close();
    // The gateway lets go with a delay, so that a reload of the page does not flap.
    const isGone = async () => {
      const { receipt } = await reach(1, { user: 'eve' });
      return (receipt as Record<string, { gateways: number }>)['user:eve']!.gateways === 0;
    };
    await until('user:eve to be unsubscribed', isGone, 5000);
  });
});
