import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectionsAt, flowingAgain, stopwatch, WatchedCluster } from '../support/failover.js';
import { GatewayProcess } from '../support/gateway.js';
import { until } from '../support/until.js';

describe('F6: two masters at once', { timeout: 90_000 }, () => {
  const watched = new WatchedCluster();

  test('a master that hung goes on as one, with half of the gateways still there', async (t) => {
    const old = await watched.sentinels.master();
    await watched.cluster.settled();
    const tell = stopwatch(t);
    old.stop();
    const late = GatewayProcess.launch({ REDIS_URL: watched.sentinels.url });
    t.after(() => late.kill());
    const master = await watched.sentinels.failedOver(old);
    tell('promotion');
    await watched.cluster.gateways[1].kill();
    await watched.cluster.restartGateway(1);
    for (const tab of watched.cluster.tabs.slice(2)) tab.drop();
    await until('those tabs to be at the new master', () =>
      watched.cluster.tabs.slice(2).every((tab) => tab.gateway === watched.cluster.gateways[1]),
    );
    tell('a gateway at the new master');
    old.cont();
    const [stream] = watched.cluster.traffic.streams;
    const mark = stream!.answers.length;
    await until('the old master to be believed', () =>
      stream!.answers.slice(mark).some(({ status }) => status === 200),
    );
    tell('accepted by both');
    assert.ok(
      (await connectionsAt(old)).includes('command') && (await connectionsAt(master)).includes('command'),
    );
    // From the old one to the new one.
    watched.cluster.tabs[0]!.drop();
    await until('nobody to be left there', async () => (await connectionsAt(old)).length === 0, 40_000);
    tell('nobody left there');
    await late.listening();
    tell('a gateway that was started in between');
    await flowingAgain(watched.cluster, tell);
    assert.match(String(await old.cli('ROLE')), /^slave/);
    await watched.cluster.expectExact();
    watched.cluster.expectHealthy();
  });
});
