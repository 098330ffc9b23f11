import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import type { Row } from './row.js';
import { until } from './until.js';

/**
 * Rows of the fault matrix that are about one Redis, and that are told twice: of gateways as they are, and of crippled ones
 * that have to fail them.
 */

/** F3: Redis is killed, and comes back with its data. @param away for so long, in ms */
export function killed(away: number): Row {
  return {
    redis: { appendonly: 'yes', appendfsync: 'everysec' },
    happen: async ({ cluster }) => {
      await cluster.redis.kill();
      await pause(away);
      await cluster.redis.restart();
    },
  };
}

/**
 * F4: Redis comes back with older data. A tab of each gateway stays; one comes back while Redis is away, and one long after,
 * when more has been sent than was lost.
 * @param lost how many sends of each stream came after what was saved
 */
export function rolledBack(lost: number): Row {
  return {
    // Shorter than some of what is lost, and longer than some.
    options: { HISTORY_USER_SIZE: '50', HISTORY_GROUP_SIZE: '50', HISTORY_ALL_SIZE: '50' },
    happen: async ({ cluster }) => {
      const { redis, tabs, traffic } = cluster;
      const [, early, , late] = tabs;
      await traffic.rest();
      await redis.cli('SAVE');
      await Promise.all(traffic.streams.map((stream) => stream.send(lost)));
      await cluster.settled();
      await redis.kill();
      const overtaken = redis.restart().then(() => traffic.accepted(lost + 20));
      early!.drop();
      late!.drop(overtaken);
      traffic.flow();
      await until('the last one to come back', () => late!.connections.length === 2, 30_000);
    },
  };
}

/** F7: the listen connection of the first gateway stays open, and carries nothing any more. */
export const swallowed: Row = {
  happen: async ({ cluster, cable }) => {
    cable.swallow(':listen');
    await cluster.flowing();
  },
};

/** F7: it carries only answers any more, and no publication. */
export const deaf: Row = {
  happen: async ({ cluster, cable }) => {
    cable.swallowPushes();
    await sayQuietly(cluster);
  },
};

/** F7: it carries all but the publications of one group, to which only the second gateway sends. */
export const deafToOne: Row = {
  happen: async ({ cluster, cable }) => {
    cable.swallowPushes((name) => name.endsWith('group:red'));
    await cluster.traffic.accepted(20);
  },
};

/** F10: the first gateway is cut off from Redis while the last is said for long in a channel. */
export const cutOff: Row = {
  happen: async ({ cluster, cable }) => {
    const [lone] = cluster.gateways;
    cable.cut();
    await until('the loss', async () => (await lone.metric('tabcast_broker_live')) === 0);
    await sayQuietly(cluster);
    cable.heal();
  },
};

/** Sends something on a channel of all tabs on which nothing else is sent. */
async function sayQuietly({ gateways }: Cluster): Promise<void> {
  const answer = await gateways[1].send({ to: { registered: true }, action: 'quiet' });
  assert.equal(answer.status, 200);
}

/** Every tab has heard that. */
export function isHeardByAll({ tabs }: Cluster): boolean {
  return tabs.every(({ frames }) => frames.some(({ action }) => action === 'quiet'));
}
