import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Welcome } from '@tabcast/shared';
import type { Cluster } from '../support/cluster.js';
import { expectNewEpoch } from '../support/epochs.js';
import { startRedis } from '../support/redis.js';
import { swallowed } from '../support/redis-rows.js';
import {
  expectExactAndConnected,
  expectNothingLost,
  expectUnnoticed,
  type Row,
  undergoRow,
} from '../support/row.js';
import type { Scene } from '../support/scene.js';
import { until } from '../support/until.js';

/** Redis is there and yet does not answer, or not as it should. Rows of the fault matrix: see docs/guarantees.md. */

/** Every stream is refused, without a wait for Redis. */
async function refused({ traffic }: Cluster): Promise<void> {
  await Promise.all(
    traffic.streams.map(({ name, answers }) => {
      const from = answers.length;
      return until(`${name} to be refused`, () =>
        answers.slice(from).some(({ code }) => code === 'broker-unavailable'),
      );
    }),
  );
}

/** How often each gateway has lost Redis. */
function losses({ gateways }: Cluster): Promise<(number | undefined)[]> {
  return Promise.all(gateways.map((gateway) => gateway.metric('tabcast_broker_losses_total')));
}

/** Every tab loses its connection, and has asked to resume. */
async function allAskToResume({ tabs }: Cluster): Promise<void> {
  for (const tab of tabs) tab.drop();
  const hasAsked = ({ connections: { length }, connection: { socket } }: Cluster['tabs'][number]) =>
    length === 2 && socket.readyState === socket.OPEN;
  await until('every tab to ask', () => tabs.every(hasAsked));
}

/** Every tab came back once, and nothing that it missed is lost. */
function expectRecovered({ tabs }: Cluster): void {
  for (const { connections, connection } of tabs) {
    assert.equal(connections.length, 2);
    const { recovered } = connection.frames[0]!.details[0] as Welcome;
    assert.ok(Object.keys(recovered!).length >= 3);
    assert.ok(Object.values(recovered!).every(Boolean), JSON.stringify(recovered));
  }
}

describe('F5: Redis does not answer for a while', { timeout: 110_000 }, () => {
  test('because it was told to pause: no tab loses its connection, and nothing is lost', async (t) => {
    const row: Row = {
      happen: async ({ cluster }) => {
        await cluster.redis.cli('CLIENT', 'PAUSE', '3000', 'ALL');
        await refused(cluster);
      },
    };
    await undergoRow(t, row, expectUnnoticed);
  });

  test('and tabs that resume meanwhile get all that they missed, when it does', async (t) => {
    const row: Row = {
      happen: async ({ cluster }) => {
        cluster.redis.stop();
        await refused(cluster);
        await allAskToResume(cluster);
        await pause(1500);
        cluster.redis.cont();
      },
    };
    await undergoRow(t, row, async (scene) => {
      await expectNothingLost(scene);
      expectRecovered(scene.cluster);
    });
  });
});

describe('F7: a connection to Redis is open and of no use', { timeout: 110_000 }, () => {
  test('nothing comes on it: the probe finds out, and what was missed is read', (t) =>
    undergoRow(t, swallowed, async (scene) => {
      await scene.cluster.gateways[0].line(({ msg }) => msg.includes('replacing the listen connection'));
      await scene.cluster.flowing();
      assert.deepEqual(await losses(scene.cluster), [1, 0]);
      await expectUnnoticed(scene);
    }));

  test('those that publish are cut off, again and again', async (t) => {
    const row: Row = {
      happen: async ({ cluster }) => {
        for (let times = 0; times < 3; times++) {
          await cutOffCommands(cluster);
          await cluster.flowing();
        }
      },
    };
    await undergoRow(t, row, expectUnnoticed);
  });

  test('Redis becomes a replica of another one, takes over what that has, and is a master again', async (t) => {
    const other = await startRedis();
    const row: Row = {
      happen: async ({ cluster }) => {
        const { redis } = cluster;
        await redis.cli('REPLICAOF', '127.0.0.1', String(other.port));
        await until('a replica', async () =>
          String(await redis.cli('INFO', 'replication')).includes('master_link_status:up'),
        );
        await refused(cluster);
        await redis.cli('REPLICAOF', 'NO', 'ONE');
      },
    };
    const judge = async (scene: Scene) => {
      await expectExactAndConnected(scene);
      expectNewEpoch(scene.cluster);
    };
    await undergoRow(t, row, judge).finally(() => other.close());
  });

  async function cutOffCommands({ redis }: Cluster): Promise<void> {
    const clients = String(await redis.cli('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n');
    const ids = clients.flatMap((line) => /^id=(\d+) .* name=\S+:command /.exec(line)?.[1] ?? []);
    assert.equal(ids.length, 2);
    for (const id of ids) await redis.cli('CLIENT', 'KILL', 'ID', id);
  }
});

describe('F17: Redis cuts off a gateway that does not read', { timeout: 110_000 }, () => {
  /** Sent again and again: the kernel takes a lot for a process that sleeps. */
  const weight = 'x'.repeat(32_768);

  test('it subscribes once more, and reads what it missed', async (t) => {
    let before = 0;
    const row: Row = {
      happen: async ({ cluster }) => {
        before = await subscribings(cluster);
        await cluster.redis.config('client-output-buffer-limit', 'pubsub 64kb 32kb 1');
        // The cable would read in its place.
        const [sender, asleep] = cluster.gateways;
        process.kill(asleep.pid, 'SIGSTOP');
        try {
          await until(
            'it to be cut off',
            async () => {
              await sender.send({ to: { user: 'ann' }, action: 'heavy', details: [weight] });
              return (await listening(cluster)) === 1;
            },
            30_000,
          );
        } finally {
          process.kill(asleep.pid, 'SIGCONT');
        }
      },
    };
    await undergoRow(t, row, async (scene) => {
      assert.deepEqual(await losses(scene.cluster), [0, 1]);
      await expectUnnoticed(scene);
      assert.equal(await subscribings(scene.cluster), before + 1);
    });
  });

  /** How often Redis was asked to subscribe: once for each connection, where all is wanted already. */
  async function subscribings({ redis }: Cluster): Promise<number> {
    const stats = String(await redis.cli('INFO', 'commandstats'));
    return Number(/cmdstat_subscribe:calls=(\d+)/.exec(stats)![1]);
  }

  /** How many gateways Redis can tell something. */
  async function listening({ redis }: Cluster): Promise<number> {
    const clients = String(await redis.cli('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    return clients.match(/ name=\S+:listen /g)!.length;
  }
});
