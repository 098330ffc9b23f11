import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { documents } from '../rules/runbooks.js';
import { annotations } from './annotations.js';
import type { Row } from './row.js';
import { errors } from './rows/errors.js';
import { eachGateway } from './rows/gateways.js';
import { history } from './rows/history.js';
import { latency } from './rows/latency.js';
import { overview } from './rows/overview.js';
import { theRedis } from './rows/redis.js';
import { rollouts } from './rows/rollouts.js';
import { variables } from './variables.js';

/** From what anybody sees first, to what explains it. */
const rows: readonly Row[] = [overview, errors, eachGateway, latency, theRedis, history, rollouts];

/** The width of Grafana's grid. */
const columns = 24;

/** The dashboard as Grafana imports it. */
export function dashboard(): Dashboard {
  const whole = new DashboardBuilder('tabcast')
    .uid('tabcast')
    .description('Gateways that deliver messages to browser tabs, and the Redis between them.')
    .tags(['tabcast'])
    .readonly()
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables())
    .annotations(annotations())
    .links([document('Operations', 'operations.md'), document('Metrics', 'metrics.md')]);
  place(whole, rows);
  return whole.build();
}

/** Puts rows under one another, and numbers all panels from 1 on. */
function place(whole: DashboardBuilder, rows: readonly Row[]): void {
  let [id, y] = [1, 0];
  for (const { title, lines } of rows) {
    whole.withRow(new RowBuilder(title).id(id++).gridPos({ x: 0, y: y++, w: columns, h: 1 }));
    for (const { height: h, panels } of lines) {
      const w = columns / panels.length;
      for (const [index, panel] of panels.entries())
        whole.withPanel(panel.id(id++).gridPos({ x: index * w, y, w, h }));
      y += h;
    }
  }
}

function document(title: string, name: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .icon('doc')
    .url(`${documents}/${name}`)
    .targetBlank(true);
}
