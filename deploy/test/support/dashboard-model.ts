import type {
  AnnotationQuery,
  Dashboard,
  GridPos,
  VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { textOf } from '../../src/programs/repository.js';

/** The dashboard as tests and pictures read it: what lies in the file, since that is what Grafana gets. */
export interface DashboardModel extends Omit<Dashboard, 'panels' | 'templating' | 'annotations'> {
  readonly panels: readonly (PanelModel | RowModel)[];
  readonly templating: { readonly list: readonly VariableModel[] };
  readonly annotations: { readonly list: readonly AnnotationQuery[] };
}

export interface RowModel {
  readonly type: 'row';
  readonly id: number;
  readonly title: string;
  readonly gridPos: GridPos;
}

export interface PanelModel {
  readonly type: 'stat' | 'timeseries' | 'heatmap' | 'table';
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: GridPos;
  readonly targets: readonly TargetModel[];
  readonly fieldConfig: { readonly defaults: FieldDefaults };
  readonly options: { readonly colorMode?: string };
  readonly transformations?: readonly { readonly options: Columns }[];
}

export interface TargetModel {
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

interface FieldDefaults {
  readonly unit: string;
  readonly max?: number;
  readonly noValue?: string;
  readonly thresholds: { readonly steps: readonly Threshold[] };
  readonly custom?: {
    readonly stacking?: { readonly mode: string };
    readonly thresholdsStyle?: { readonly mode: string };
  };
}

/** From which value on a colour holds; the first holds from the beginning. */
export interface Threshold {
  readonly value: number | null;
  readonly color: string;
}

interface Columns {
  readonly indexByName: Readonly<Record<string, number>>;
  readonly renameByName: Readonly<Record<string, string>>;
}

/** The dashboard of the repository. */
export function readDashboard(): DashboardModel {
  return JSON.parse(textOf('deploy/grafana/tabcast.json')) as DashboardModel;
}

/** Its panels without the titles of rows. */
export function panelsOf({ panels }: DashboardModel): PanelModel[] {
  return panels.filter((panel) => panel.type !== 'row');
}

/** Every expression that Grafana sends to Prometheus for the dashboard, by what it is for. */
export function expressionsOf(dashboard: DashboardModel): Map<string, string> {
  const ofPanels = panelsOf(dashboard).flatMap(({ id, title, targets }) =>
    targets.map(
      ({ expr, legendFormat }) => [`panel ${id} "${title}", "${legendFormat ?? ''}"`, expr] as const,
    ),
  );
  const ofAnnotations = dashboard.annotations.list
    .filter(({ expr }) => expr !== undefined)
    .map(({ name, expr }) => [`annotation "${name}"`, expr!] as const);
  const ofVariables = dashboard.templating.list
    .filter(({ type }) => type === 'query')
    .map(
      ({ name, query }) => [`variable "${name}"`, labelValues((query as { query: string }).query)] as const,
    );
  return new Map([...ofPanels, ...ofAnnotations, ...ofVariables]);
}

/** Not PromQL, but Grafana's own: the values of a label among the series. */
function labelValues(query: string): string {
  const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(query)!;
  return `group by (${label}) (${series})`;
}
