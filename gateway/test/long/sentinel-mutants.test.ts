import { describe, test } from 'node:test';
import { flowingAgain, WatchedCluster } from '../support/failover.js';
import { follow } from '../support/sentinels.js';
import { until } from '../support/until.js';

/** What sentinel-losses.test.ts shows of gateways as they are, undergone by crippled ones: see faults/mutants.test.ts. */
describe('mutation check where Sentinels watch over Redis', { timeout: 60_000 }, () => {
  const watched = new WatchedCluster(1, 'fenceless');

  test('F6 without fence: what a lost master had given away is given away again', async () => {
    const { cluster, sentinels } = watched;
    const first = await sentinels.master();
    const replica = sentinels.servers.find((server) => server !== first)!;
    await follow(replica, 1);
    await cluster.traffic.accepted(50);
    await first.kill();
    await sentinels.failedOver(first);
    await flowingAgain(cluster, () => {});
    await until('a position to mean two things', () =>
      cluster.faults().some((fault) => / means .*, and /.test(fault)),
    );
  });
});
