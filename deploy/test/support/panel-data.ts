import type { Prometheus, Range } from '../../src/programs/prometheus.js';
import type { DashboardModel, PanelModel, TargetModel } from './dashboard-model.js';
import { panelsOf } from './dashboard-model.js';
import { type Chosen, filledIn } from './grafana-variables.js';

/** One line of a panel. */
export interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** What a panel shows. */
export interface PanelData {
  readonly panel: PanelModel;
  readonly lines: readonly Line[];
}

/** Asks Prometheus all that the panels show. */
export function readPanels(
  dashboard: DashboardModel,
  prometheus: Prometheus,
  chosen: Chosen,
  range: Range,
): Promise<PanelData[]> {
  const read = async (target: TargetModel): Promise<Line[]> => {
    const series = await seriesOf(target, prometheus, filledIn(target.expr, chosen), range);
    return series.map(({ labels, points }) => ({ labels, points, name: legend(target, labels) }));
  };
  return Promise.all(
    panelsOf(dashboard).map(async (panel) => ({
      panel,
      lines: (await Promise.all(panel.targets.map(read))).flat(),
    })),
  );
}

async function seriesOf(
  { instant }: TargetModel,
  prometheus: Prometheus,
  expression: string,
  range: Range,
): Promise<Pick<Line, 'labels' | 'points'>[]> {
  if (!instant) return [...(await prometheus.range(expression, range))];
  const samples = await prometheus.query(expression);
  return samples.map(({ labels, value }) => ({ labels, points: [[range.end, value]] }));
}

function legend({ legendFormat = '' }: TargetModel, labels: Line['labels']): string {
  return legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '');
}
