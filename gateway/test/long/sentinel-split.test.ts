import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Cluster } from '../support/cluster.js';
import { connectionsAt, flowingAgain, stopwatch } from '../support/failover.js';
import { GatewayProcess } from '../support/gateway.js';
import { Sentinels } from '../support/sentinels.js';
import { until } from '../support/until.js';

describe('F6: two masters at once', { timeout: 90_000 }, () => {
  let sentinels: Sentinels;
  let cluster: Cluster;
  beforeEach(async () => {
    sentinels = await Sentinels.start();
    cluster = await Cluster.start({ REDIS_URL: sentinels.url });
  });
  afterEach(async () => {
    await cluster.close();
    await sentinels.close();
  });

  test('a master that hung goes on as one, with half of the gateways still there', async (t) => {
    const old = await sentinels.master();
    await cluster.settled();
    const tell = stopwatch(t);
    old.stop();
    const late = GatewayProcess.launch({ REDIS_URL: sentinels.url });
    t.after(() => late.kill());
    const master = await sentinels.failedOver(old);
    tell('promotion');
    await cluster.gateways[1].kill();
    await cluster.restartGateway(1);
    for (const tab of cluster.tabs.slice(2)) tab.drop();
    await until('those tabs to be at the new master', () =>
      cluster.tabs.slice(2).every((tab) => tab.gateway === cluster.gateways[1]),
    );
    tell('a gateway at the new master');
    old.cont();
    const [stream] = cluster.traffic.streams;
    const mark = stream!.answers.length;
    await until('the old master to be believed', () =>
      stream!.answers.slice(mark).some(({ status }) => status === 200),
    );
    tell('accepted by both');
    assert.ok(
      (await connectionsAt(old)).includes('command') && (await connectionsAt(master)).includes('command'),
    );
    // From the old one to the new one.
    cluster.tabs[0]!.drop();
    await until('nobody to be left there', async () => (await connectionsAt(old)).length === 0, 40_000);
    tell('nobody left there');
    await late.listening();
    tell('a gateway that was started in between');
    await flowingAgain(cluster, tell);
    assert.match(String(await old.cli('ROLE')), /^slave/);
    await cluster.expectExact();
    cluster.expectHealthy();
  });
});
