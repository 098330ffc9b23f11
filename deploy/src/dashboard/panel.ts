import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type GridPos,
  type Panel as PanelModel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { type AlertName, runbookUrl } from '../rules/runbooks.js';
import { source } from './source.js';

/** What every panel says of itself. */
export interface PanelText {
  readonly title: string;
  /** What it shows. */
  readonly tells: string;
  /** What is bad, and what that may come from. */
  readonly bad: string;
  /** Alerts that go with it; their runbooks say what to do. */
  readonly alerts?: readonly AlertName[];
  /** Of Grafana, for instance `s`. */
  readonly unit: string;
}

/** Expressions by what their lines are called in the legend; `{{instance}}` stands for a label. */
export type Queries = Readonly<Record<string, string>>;

/** From which value on it is worth a look, and from which on it is bad. */
export interface Limits {
  readonly warn?: number;
  readonly bad?: number;
}

/** A panel that has yet to get its number and its place. */
export interface Panel extends Builder<PanelModel> {
  id(id: number): this;
  gridPos(place: GridPos): this;
}

/** What the builders of all kinds of panels have in common; the SDK has no name for it. */
interface AnyPanel extends Panel {
  title(title: string): this;
  description(markdown: string): this;
  datasource(source: DataSourceRef): this;
  unit(unit: string): this;
  links(links: Builder<ReturnType<DashboardLinkBuilder['build']>>[]): this;
  withTarget(target: DataqueryBuilder): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
}

/** A panel of any kind with its words, its queries and its colours. */
export function begun<Kind extends AnyPanel>(
  panel: Kind,
  text: PanelText,
  queries: readonly DataqueryBuilder[],
  limits: Limits = {},
): Kind {
  const { title, unit, alerts = [] } = text;
  panel.title(title).description(description(text)).unit(unit).datasource(source);
  panel.links(alerts.map(runbookLink)).thresholds(thresholds(limits));
  for (const [index, query] of queries.entries()) panel.withTarget(query.refId('ABCDEFGH'[index]!));
  return panel;
}

/** What a panel asks over the time that is shown. */
export function ranges(queries: Queries): DataqueryBuilder[] {
  return Object.entries(queries).map(([name, expression]) => query(expression).legendFormat(name).range());
}

/** What a panel asks of this moment. */
export function moment(expression: string): DataqueryBuilder {
  return query(expression).instant();
}

function query(expression: string): DataqueryBuilder {
  return new DataqueryBuilder().datasource(source).expr(expression);
}

function description({ tells, bad, alerts = [] }: PanelText): string {
  const runbooks = alerts.map((alert) => `[${alert}](${runbookUrl(alert)})`).join(', ');
  return [tells, `**Bad:** ${bad}`, ...(runbooks === '' ? [] : [`**What to do:** ${runbooks}`])].join('\n\n');
}

function runbookLink(alert: AlertName): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`)
    .type(DashboardLinkType.Link)
    .url(runbookUrl(alert))
    .targetBlank(true);
}

function thresholds({ warn, bad }: Limits): ThresholdsConfigBuilder {
  const steps = [{ value: null, color: 'green' }];
  const from = (value: number | undefined, color: string) => (value === undefined ? [] : [{ value, color }]);
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([...steps, ...from(warn, 'orange'), ...from(bad, 'red')]);
}
