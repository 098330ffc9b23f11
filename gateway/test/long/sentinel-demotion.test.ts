import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import {
  connectionsAt,
  expectToldOnce,
  flowingAgain,
  stopwatch,
  WatchedCluster,
} from '../support/failover.js';
import type { RedisServer } from '../support/redis.js';
import { follow } from '../support/sentinels.js';
import { until } from '../support/until.js';

/** What Sentinels say to a master that they demote is one transaction, with CLIENT KILL in it: from now on they cannot. */
async function spareClientsOf(server: RedisServer): Promise<void> {
  await server.cli('ACL', 'SETUSER', 'default', '-client|kill');
}

async function isDeserted(server: RedisServer): Promise<boolean> {
  return (await connectionsAt(server)).length === 0;
}

describe('F6: a master that is one no more, and cuts nobody off', { timeout: 90_000 }, () => {
  const watched = new WatchedCluster();
  let old: RedisServer;
  let master: RedisServer;
  beforeEach(async () => {
    old = await watched.sentinels.master();
  });

  /** Makes the other one master for all that the Sentinels say; the old one does not know. */
  async function failOverBehindItsBack(): Promise<void> {
    await spareClientsOf(old);
    await watched.sentinels.forceFailover();
    master = await watched.sentinels.failedOver(old);
  }

  /** Every gateway goes to the new master, and no tab has noticed. @param tell gets each step on the way */
  async function expectDesertion(tell: (what: string) => void): Promise<void> {
    await until('nobody to be left there', () => isDeserted(old));
    tell('nobody left there');
    await flowingAgain(watched.cluster, tell);
    watched.cluster.expectConnected();
    await watched.cluster.expectExact();
    await expectToldOnce(watched.cluster.tabs);
    watched.cluster.expectHealthy();
  }

  test('it becomes a replica: nobody stays there', async (t) => {
    await failOverBehindItsBack();
    assert.equal((await connectionsAt(old)).length, 6);
    // A replica that is in step passes on what is published to its master: who listens there is not deaf.
    const tell = stopwatch(t);
    await follow(old, master.port);
    await expectDesertion(tell);
  });

  test('it has lost its replicas, and refuses to write: nobody stays there', async (t) => {
    await old.config('min-replicas-max-lag', '1');
    await old.config('min-replicas-to-write', '1');
    const tell = stopwatch(t);
    await failOverBehindItsBack();
    await expectDesertion(tell);
  });
});
