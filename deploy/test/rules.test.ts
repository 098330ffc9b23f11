import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricTable } from '@tabcast/gateway/internal/metrics/table';
import { textOf } from '../src/programs/repository.js';
import { alertGroups, alertNames } from '../src/rules/alerts.js';
import { recordings } from '../src/rules/recordings.js';
import type { Alert } from '../src/rules/rule.js';
import { runbookUrl } from '../src/rules/runbooks.js';
import { situations } from '../src/rules/situations.js';

const alerts: readonly Alert[] = Object.values(alertGroups).flatMap((group) => Object.values(group));

test('each alert has a runbook, and each runbook an alert', () => {
  const [, runbooks = ''] = textOf('docs/operations.md').split('\n## Runbooks\n');
  const headings = [...runbooks.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading!);
  assert.deepEqual(headings, alertNames);
});

test('a runbook is found where GitHub has put its heading', () => {
  const url = runbookUrl('TabcastNoGateway');
  assert.equal(url, 'https://github.com/tabcast/tabcast/blob/main/docs/operations.md#tabcastnogateway');
});

test('each alert is tried where it fires and where it is silent', () => {
  assert.deepEqual(Object.keys(situations).sort(), [...alertNames].sort());
  for (const [alert, { silent }] of Object.entries(situations)) assert.notEqual(silent.length, 0, alert);
});

test('rules ask for metrics and recordings that there are', () => {
  const known = metricTable.flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_bucket`] : [name]));
  for (const { expr } of [...alerts, ...recordings])
    for (const [, name] of expr.matchAll(/(?<![:\w])(tabcast_\w+)/g)) assert.ok(known.includes(name!), name);
  for (const { expr } of alerts)
    for (const [name] of expr.matchAll(/cluster:\w+:\w+/g))
      assert.ok(
        recordings.some(({ record }) => record === name),
        name,
      );
});
