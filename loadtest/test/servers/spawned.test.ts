import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { minTextBytes } from '../../src/books/message.js';
import { Fleet } from '../../src/fleet/fleet.js';
import { Sender } from '../../src/sending/sender.js';
import { RedisServer } from '../../src/servers/redis.js';
import { remoteTabcast } from '../../src/servers/remote.js';
import { type SpawnedTarget, spawnTabcast } from '../../src/servers/spawned.js';
import type { Destination, Target } from '../../src/servers/target.js';

const secret = 'a secret of at least 32 characters for tokens';
const key = 'a key of at least 32 characters for backends'.replaceAll(' ', '-');

/** Streams, and two tabs: of ann in a group, and of bob. */
const destinations: readonly Destination[] = [
  { user: 'ann' },
  { group: 'staff' },
  { all: true },
  { registered: true },
];
const visitors = [
  { user: 'ann', groups: ['staff'], streams: [0, 1, 2, 3] },
  { user: 'bob', streams: [2, 3] },
];

/** Sends 400 messages to tabs of the target, and expects each in order where it belongs. */
async function expectExact(target: Target): Promise<void> {
  const fleet = new Fleet();
  const { servers, dialect } = target;
  const tabs = visitors.map(({ streams, ...visitor }) => ({ ...target.tab(visitor), streams }));
  await fleet.open({ servers, dialect, textBytes: minTextBytes, tabs, perSecond: 100, inFlight: 2 });
  const way = await target.way(destinations, minTextBytes);
  const plan = { way, streams: 4, textBytes: minTextBytes, perSecond: 2000, total: 400 };
  const { sent, refused, unheard, repeated } = await new Sender().send(plan);
  assert.deepEqual(
    { sent, refused, unheard, repeated },
    { sent: [100, 100, 100, 100], refused: [0, 0, 0, 0], unheard: 0, repeated: 0 },
  );
  while (fleet.read().received < 600) await new Promise(setImmediate);
  assert.deepEqual(fleet.settle(sent), { lost: 0, doubled: 0, late: 0, stray: 0 });
  fleet.cut();
}

/** How many sends to ann the gateways have kept. */
async function keptOf(target: Target): Promise<number> {
  const { urls, key } = target.api!([], { batch: 1, lanes: 1 });
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${urls[0]}/v1/history?channel=user:ann&limit=0`, { headers });
  const { position } = (await answer.json()) as { position: string };
  return Number(position.split('-')[1]);
}

describe('gateways that are started for the load', { timeout: 60_000 }, () => {
  let redis: RedisServer;
  let spawned: SpawnedTarget;
  before(async () => {
    redis = await RedisServer.start();
    const environment = { TABCAST_API_KEYS: key, TABCAST_TOKEN_SECRETS: secret };
    spawned = await spawnTabcast({ redis, gateways: 2, environment });
  });
  after(async () => {
    await spawned.stop();
    await redis.stop();
  });

  test('deliver what comes by the API, and past them through Redis', async () => {
    for (const [through, history] of [
      ['api', true],
      ['redis', true],
      ['redis', false],
      ['api', false],
    ] as const) {
      const target = await spawnTabcast({ redis, gateways: 2, through, history });
      const before = await keptOf(target);
      await expectExact(target);
      assert.equal((await keptOf(target)) - before, history ? 100 : 0);
      const usage = await target.usage();
      assert.deepEqual(
        usage.map(({ name, role }) => [name, role]),
        [
          ['gateway 1', 'gateway'],
          ['gateway 2', 'gateway'],
          ['redis', 'redis'],
        ],
      );
      assert.ok(usage.every(({ cpuMicros, residentBytes }) => cpuMicros > 0 && residentBytes > 0));
      await target.stop();
    }
  });

  test('are found by their URLs as well as those elsewhere', async () => {
    const hosts = spawned.gateways.map(({ internalPort }) => `http://127.0.0.1:${internalPort}`);
    const target = await remoteTabcast({
      urls: spawned.gateways.map(({ port }) => `ws://127.0.0.1:${port}`),
      ...{ apis: hosts, apiKey: key, tokenSecret: secret },
      metrics: hosts.map((host) => `${host}/metrics`),
    });
    await expectExact(target);
    const usage = await target.usage();
    assert.equal(usage.length, 2);
    assert.ok(usage.every(({ cpuMicros, residentBytes }) => cpuMicros > 0 && residentBytes > 0));
  });

  test('are named when their API does not take the key', async () => {
    const { port, internalPort } = spawned.gateways[0]!;
    const options = {
      urls: [`ws://127.0.0.1:${port}`],
      apis: [`http://127.0.0.1:${internalPort}`],
      apiKey: 'wrong',
    };
    await assert.rejects(remoteTabcast(options), /^Error: the API at http:.* answers 401 /);
  });

  test('send nothing to users whose tabs are anonymous', async () => {
    const { port, internalPort } = spawned.gateways[0]!;
    const options = {
      urls: [`ws://127.0.0.1:${port}`],
      apis: [`http://127.0.0.1:${internalPort}`],
      apiKey: key,
    };
    const target = await remoteTabcast(options);
    await assert.rejects(
      target.way([{ all: true }, { user: 'ann' }], minTextBytes),
      /^RangeError: --token-secret: expected/,
    );
    assert.equal((await target.way([{ all: true }], minTextBytes)).kind, 'api');
  });
});
