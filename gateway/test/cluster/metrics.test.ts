import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { metricTable } from '../../src/metrics/table.js';
import { GatewayProcess } from '../support/gateway.js';
import { readPage } from '../support/metrics/series.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { TestTab, tokenFor } from '../support/tab.js';
import { until } from '../support/until.js';

/** The metrics page: everything is there, always, and nothing grows without bound. What moves: metric-events*.test.ts. */
describe('the metrics page', () => {
  let redis: RedisServer;
  let gateway: GatewayProcess;

  before(async () => {
    redis = await startRedis();
    gateway = await GatewayProcess.start({ REDIS_URL: redis.url, REDIS_TIMEOUT: '500' });
  });

  after(async () => {
    await gateway.kill('SIGTERM');
    await redis.close();
  });

  const page = async () => (await gateway.api('/metrics')).text();

  /** prom-client itself adds a few, as soon as there is garbage to collect. */
  const seriesOfOurs = async () =>
    [...(await readPage(gateway)).keys()].filter((name) => name.startsWith('tabcast_'));

  /** What there is to read, in whatever state the gateway is. */
  async function expectWhole(): Promise<void> {
    const text = await page();
    for (const { name, help, type } of metricTable) {
      assert.ok(text.includes(`# HELP ${name} ${help}\n`), name);
      assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
      const sample = type === 'histogram' ? `${name}_count` : name;
      assert.match(text, new RegExp(`^${sample}(\\{[^}]*\\})? \\d`, 'm'), name);
    }
    const ours = [...text.matchAll(/^# TYPE (tabcast_\S+)/gm)].map(([, name]) => name);
    assert.deepEqual(ours.toSorted(), metricTable.map(({ name }) => name).toSorted());
    for (const usual of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'])
      assert.match(text, new RegExp(`^${usual} `, 'm'));
  }

  test('every metric of the table is there, with its help and its type', expectWhole);

  test('what clients and backends name becomes no series', async () => {
    const marks = Array.from({ length: 50 }, (_, n) => `mark-${n}`);
    const before = await seriesOfOurs();
    for (const mark of marks) {
      const token = await tokenFor(mark, { session: mark, groups: [mark], join: ['*'] });
      const tab = await TestTab.open(gateway.socketUrl, { token });
      tab.send('sys/join', [`${mark}-too`]);
      tab.send(mark);
      await tab.next(`${mark}:error`);
      await gateway.send({ to: { users: [mark, `${mark}-too`], group: mark }, action: mark });
      await gateway.api(`/v1/groups/${mark}/users/${mark}`, { method: 'PUT' });
      await gateway.api(`/${mark}`);
      await tab.close();
    }
    assert.doesNotMatch(await page(), /mark-/);
    assert.deepEqual(await seriesOfOurs(), before);
    const { size } = await readPage(gateway);
    assert.ok(size < 500, `${size}`);
  });

  test('it is whole while Redis is away', async () => {
    await redis.kill();
    await until('the loss to be noticed', async () => (await gateway.metric('tabcast_broker_live')) === 0);
    await expectWhole();
    assert.equal(await gateway.metric('tabcast_degraded'), 1);
    await redis.restart();
    await until('the broker to be live', async () => (await gateway.metric('tabcast_broker_live')) === 1);
  });
});
