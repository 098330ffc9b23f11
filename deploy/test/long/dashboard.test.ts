import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestBrowser } from '@tabcast/gateway/testing/browser';
import type { Range, Series } from '../../src/programs/prometheus.js';
import { expressionsOf, readDashboard } from '../support/dashboard-model.js';
import { dashboardPage } from '../support/dashboard-page.js';
import { type Chosen, filledIn } from '../support/grafana-variables.js';
import { goOn, liveThrough } from '../support/life.js';
import { ObservedCluster } from '../support/observed-cluster.js';
import { readPanels } from '../support/panel-data.js';
import type { Mark } from '../support/panel-graph.js';
import { without } from '../support/programs.js';

const dashboard = readDashboard();
const expressions = expressionsOf(dashboard);

/** What has no data while all is well, and why. */
const emptyInHealth = new Map([['"Alerts that fire"', 'none does']]);

/** The last thing that happens; a while of it, and of what goes on meanwhile, is to be seen. */
const secondsOfDrain = 'count_over_time((max(tabcast_drain_remaining) > 0)[1m:1s])';

/** For people to look at: build output, as those of the gateway's pages are. */
const pictures = fileURLToPath(new URL('../../screenshots/', import.meta.url));

const skip = without('prometheus') || without('prometheus-redis-exporter');

describe('the dashboard asks a real Prometheus of three gateways', { skip, timeout: 110_000 }, () => {
  const browser = new TestBrowser();
  const life = new AbortController();
  let cluster: ObservedCluster;
  let living: Promise<void>;
  let shown: Range;
  let chosen: Chosen;

  before(async () => {
    cluster = await ObservedCluster.start();
    await cluster.prometheus.until('count(tabcast_tabs) == 3 and on () count(redis_up) == 1');
    const start = Date.now() / 1000;
    await liveThrough(cluster);
    living = goOn(cluster, life.signal);
    for (const seconds of [8, 16, 24]) await cluster.prometheus.until(`${secondsOfDrain} >= ${seconds}`);
    const end = Date.now() / 1000;
    shown = { start, end, step: 1 };
    // As in Grafana without Kubernetes, where there is no namespace to be chosen.
    const variables = {
      ...{ namespace: '.*', job: ['tabcast'], instance: '.+' },
      redis: await valuesOf('redis'),
    };
    chosen = { variables, scrapeInterval: 1, step: 1, range: Math.ceil(end - start) };
  });
  after(async () => {
    life.abort();
    try {
      await living;
    } finally {
      await cluster?.stop();
    }
  });

  for (const [what, expression] of expressions)
    test(`${what} has data`, { skip: reasonToBeEmpty(what) }, async () => {
      const series = await ask(expression);
      const values = series.flatMap(({ points }) => points.map(([, value]) => value));
      assert.ok(values.some(Number.isFinite), filledIn(expression, chosen));
    });

  test('the variables find the cluster, its gateways and its Redis', async () => {
    assert.deepEqual(await valuesOf('job'), ['tabcast']);
    assert.equal((await valuesOf('instance')).length, 3);
    assert.equal((await valuesOf('redis')).length, 1);
  });

  test('one gateway can be looked at alone', async () => {
    const [instance] = await valuesOf('instance');
    const variables = { ...chosen.variables, instance: [instance!] };
    const [, tabs] = [...expressions].find(([what]) => what.endsWith('"Tabs", "{{instance}}"'))!;
    const alone = filledIn(tabs, { ...chosen, variables });
    const series = await cluster.prometheus.range(alone, shown);
    assert.deepEqual(
      series.map(({ labels }) => labels['instance']),
      [instance],
    );
  });

  test('pictures of it, as large as a screen on a wall', async () => {
    const data = await readPanels(dashboard, cluster.prometheus, chosen, shown);
    const html = dashboardPage(dashboard, data, { ...shown, marks: await marks() });
    const page = await (await browser.profile()).newPage();
    await page.setViewportSize({ width: 1640, height: 1000 });
    await page.setContent(html);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `dashboard-${colorScheme}.png`), fullPage: true });
    }
    assert.equal(await page.locator('section').count(), data.length);
    assert.equal(await page.getByText('No data').count(), 0);
  });

  function ask(expression: string): Promise<readonly Series[]> {
    return cluster.prometheus.range(filledIn(expression, chosen), shown);
  }

  /** What a variable offers while no other one is chosen. */
  async function valuesOf(name: string): Promise<string[]> {
    const variables = { namespace: '.*', job: '.+', instance: '.+' };
    const everything = { variables, scrapeInterval: 1, step: 1, range: 1 };
    const samples = await cluster.prometheus.query(
      filledIn(expressions.get(`variable "${name}"`)!, everything),
    );
    return samples.flatMap(({ labels }) => Object.values(labels));
  }

  /** Times of annotations; of those that say a time themselves, that one. */
  async function marks(): Promise<Mark[]> {
    const found = dashboard.annotations.list.map(async ({ expr, iconColor: color, useValueForTime }) => {
      const series = await ask(expr!);
      return series.map(({ points }) => {
        const [time, value] = points[0]!;
        return { at: useValueForTime ? value / 1000 : time, color };
      });
    });
    return (await Promise.all(found)).flat();
  }
});

function reasonToBeEmpty(what: string): string | false {
  const [, reason] = [...emptyInHealth].find(([title]) => what.includes(title)) ?? [];
  return reason ?? false;
}
