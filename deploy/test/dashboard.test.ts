import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Counters } from '@tabcast/gateway/internal/metrics/counters';
import { MetricsPage } from '@tabcast/gateway/internal/metrics/page';
import { parse } from 'yaml';
import { textOf } from '../src/programs/repository.js';
import { expressionsOf, panelsOf, readDashboard } from './support/dashboard-model.js';
import { filledIn } from './support/grafana-variables.js';
import { without } from './support/programs.js';
import { unitText } from './support/unit-text.js';

const dashboard = readDashboard();
const panels = panelsOf(dashboard);
const expressions = expressionsOf(dashboard);

test('panels have numbers of their own', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('panels fill the width of the grid, and no two lie upon one another', () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of dashboard.panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(Number.isInteger(x) && x < 24, `"${title}" is beside the grid`);
        assert.equal(taken.get(`${x},${y}`), undefined, `"${title}" lies upon another`);
        taken.set(`${x},${y}`, title);
      }
  const height = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  assert.equal(taken.size, 24 * height, 'there are holes');
});

test('every panel says what it tells and what is bad, in a unit', () => {
  for (const { title, description, fieldConfig } of panels) {
    assert.match(title, /^[A-Z]/);
    assert.match(description, /^[A-Z1].{20,}\n\n\*\*Bad:\*\* \S/s, title);
    assert.doesNotThrow(() => unitText(fieldConfig.defaults.unit, 1), title);
  }
});

test('every metric is one of a gateway, of Prometheus, or of redis_exporter', async () => {
  const known = new Set([...(await metricsOfGateways()), 'ALERTS']);
  for (const [what, expression] of expressions) {
    const metrics = [...expression.matchAll(/\b\w+(?=\{)|\b[a-z]+_\w+(?=\))/g)].map(([metric]) => metric);
    assert.notEqual(metrics.length, 0, `${what}: ${expression}`);
    // Those of redis_exporter are in no table here; test/long asks the real one.
    for (const metric of metrics)
      assert.ok(known.has(metric) || metric.startsWith('redis_'), `${what}: ${metric}`);
  }
});

test('every label that is matched or kept is one that its metric has', async () => {
  const page = await gatewayPage();
  for (const [what, expression] of expressions)
    for (const [, metric, label, values] of expression.matchAll(
      /\b(tabcast_\w+)\{[^}]*, (\w+)[!=]~?"([^"]+)"\}/g,
    ))
      for (const value of givenByPrometheus.includes(label!) ? [] : values!.split('|'))
        assert.ok(page.includes(`${metric}{${label}="${value}"}`), `${what}: ${metric}{${label}="${value}"}`);
});

test('every variable is defined', () => {
  const names = dashboard.templating.list.map(({ name }) => [name, 'x'] as const);
  for (const expression of expressions.values())
    assert.doesNotThrow(() => filledIn(expression, { ...chosen, variables: Object.fromEntries(names) }));
  assert.throws(() => filledIn('up{job="$jop"}', chosen), /no variable jop/);
});

test('every expression is PromQL', { skip: without('promtool') }, (t) => {
  const rules = [...expressions.values()].map((expression, index) => ({
    record: `expression:${index}`,
    expr: filledIn(expression, chosen),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'tabcast-dashboard-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'rules.yml');
  writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, stderr } = spawnSync('promtool', ['check', 'rules', path], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('variables are put in as Grafana does', () => {
  const variables = { job: ['tabcast'], instance: ['10.0.0.1:8081', '10.0.0.2:8081'], redis: '.+' };
  assert.equal(
    filledIn('a{job=~"$job", instance=~"$instance", redis=~"$redis"}[$__rate_interval]', {
      ...chosen,
      variables,
    }),
    'a{job=~"tabcast", instance=~"(10\\\\.0\\\\.0\\\\.1:8081|10\\\\.0\\\\.0\\\\.2:8081)", redis=~".+"}[60s]',
  );
});

test('Grafana of docker-compose finds its data source and the dashboard', () => {
  const [prometheus] = provisioned('datasources/prometheus.yml').datasources;
  const { global } = parse(textOf('deploy/prometheus/prometheus.yml'));
  assert.equal(prometheus.url, 'http://prometheus:9090');
  assert.equal(prometheus.type, dashboard.templating.list[0]!.query, 'the type that the dashboard asks for');
  assert.equal(prometheus.jsonData.timeInterval, global.scrape_interval);
  const [provider] = provisioned('dashboards/tabcast.yml').providers;
  assert.equal(provider.options.path, '/var/lib/grafana/dashboards');
});

/** Labels that no page of a gateway has. */
const givenByPrometheus = ['namespace', 'job', 'instance'];

const chosen = {
  variables: { namespace: '.*', job: '.+', instance: '.+', redis: '.+' },
  scrapeInterval: 15,
  step: 15,
  range: 3600,
};

async function metricsOfGateways(): Promise<string[]> {
  const page = await gatewayPage();
  return [...page.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name!);
}

/** What a gateway of which nothing is known tells Prometheus. */
function gatewayPage(): Promise<string> {
  const readings = new Proxy({}, { get: (_, name) => known[name as string] ?? (() => 0) });
  return new MetricsPage(readings as ConstructorParameters<typeof MetricsPage>[0]).render();
}

const known: Readonly<Record<string, unknown>> = { counters: new Counters(), version: '1.2.3' };

function provisioned(path: string) {
  return parse(textOf(`deploy/grafana/provisioning/${path}`));
}
