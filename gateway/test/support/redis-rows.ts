import { setTimeout as pause } from 'node:timers/promises';
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
