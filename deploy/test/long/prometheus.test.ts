import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { metricTable } from '@tabcast/gateway/internal/metrics/table';
import { root } from '../../src/programs/repository.js';
import type { AlertName } from '../../src/rules/alerts.js';
import { goOn, liveThrough } from '../support/life.js';
import { instanceOf, ObservedCluster } from '../support/observed-cluster.js';
import { without } from '../support/programs.js';

/** What the life of the cluster provokes, were it to last; and what a slow machine may. */
const provoked = [
  'TabcastBrokerFlapping',
  'TabcastCatchUpsFailing',
  'TabcastDegraded',
  'TabcastDrainStuck',
  'TabcastEventLoopLag',
  'TabcastGaps',
  'TabcastGatewaysDisagree',
  'TabcastHandshakesRefused',
  'TabcastMessagesLate',
  'TabcastSendsUnavailable',
  'TabcastTabsTooSlow',
  'TabcastTokensRefused',
  'TabcastWebhookBreakerOpen',
  'TabcastWebhooksSlow',
] as const satisfies readonly AlertName[];

describe('what Prometheus is given', { skip: without('promtool') }, () => {
  for (const [what, ...command] of [
    ['the configuration is good', 'check', 'config', 'prometheus.yml'],
    ['the rules are good', 'check', 'rules', 'rules.yml'],
    ['each alert fires where it should, and not where it should not', 'test', 'rules', 'rules.test.yml'],
  ] as const)
    test(what, () => {
      const { status, stdout, stderr } = spawnSync('promtool', command, {
        cwd: join(root, 'deploy/prometheus'),
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout + stderr);
    });
});

const missing = without('prometheus') || without('prometheus-redis-exporter');

describe('the real Prometheus watches three gateways', { skip: missing }, () => {
  let cluster: ObservedCluster;
  const over = new AbortController();
  let going: Promise<void> | undefined;

  before(async () => {
    cluster = await ObservedCluster.start();
    await liveThrough(cluster);
    going = goOn(cluster, over.signal);
  });
  after(async () => {
    over.abort();
    try {
      await going;
    } finally {
      await cluster?.stop();
    }
  });

  test('everything that the configuration names is scraped', async () => {
    await cluster.prometheus.until('count(up == 1)', ([sample]) => sample?.value === 5);
    const problems = (await cluster.prometheus.targets()).filter(({ health }) => health !== 'up');
    assert.deepEqual(problems, []);
  });

  test('every metric of the gateways arrives, from each of them', async () => {
    for (const { name, type } of metricTable) {
      const series = type === 'histogram' ? `${name}_count` : name;
      const samples = await cluster.prometheus.query(`count by (instance) (${series}{job="tabcast"})`);
      assert.equal(samples.length, cluster.gateways.length, name);
    }
  });

  test('every rule is evaluated, and every recording has something to say', async () => {
    const rules = await cluster.prometheus.rules();
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    );
    for (const { name, type } of rules) if (type === 'recording') await cluster.prometheus.until(name);
  });

  test('an alert is pending where it should be, and those that nothing provokes are silent', async () => {
    await cluster.prometheus.until('ALERTS{alertname="TabcastTokensRefused"}');
    const loud = await cluster.prometheus.query(`ALERTS{alertname!~"${provoked.join('|')}"}`);
    assert.deepEqual(loud, []);
  });

  test('a gateway that is killed is missed', async () => {
    over.abort();
    await going;
    const killed = cluster.gateways[1]!;
    process.kill(killed.pid, 'SIGKILL');
    const labels = `instance="${instanceOf(killed)}",alertstate="pending"`;
    await cluster.prometheus.until(`ALERTS{alertname="TabcastGatewayDown",${labels}}`);
  });
});
