import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FilterValueRangeBuilder,
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { begun, type Limits, moment, type Panel, type PanelText, type Queries, ranges } from './panel.js';

/**
 * One number, or a few, and how they were of late. Its ground takes the colour of what is bad, where it has limits. It does
 * not look back as far as the graphs do: the last value of gateways that went half an hour ago would stand there as of now.
 */
export function stat(text: PanelText & { readonly queries: Queries; readonly limits?: Limits }): Panel {
  return begun(new StatBuilder(), text, ranges(text.queries), text.limits)
    .colorMode(text.limits === undefined ? BigValueColorMode.None : BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.Area)
    .timeFrom('5m')
    .hideTimeOverride(true)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/** Lines over time, with the limits as dashes. Most of what can go wrong never does: what stays 0 is in no legend. */
export function lines(
  text: PanelText & {
    readonly queries: Queries;
    readonly limits?: Limits;
    /** Where the scale ends, if it does not depend on the values. */
    readonly max?: number;
    /** Whether lines stand upon one another, so that the topmost is the sum (false). */
    readonly stacked?: boolean;
  },
): Panel {
  const { queries, limits, max, stacked = false } = text;
  const panel = begun(new TimeseriesBuilder(), text, ranges(queries), limits)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .stacking(new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None))
    .showPoints(VisibilityMode.Never)
    .legend(legend())
    .tooltip(tooltip())
    .withOverride(withoutZeros);
  if (max !== undefined) panel.max(max);
  return limits === undefined ? panel : panel.thresholdsStyle(dashes());
}

/** How many fell into each bucket of a histogram, over time. */
export function heatmap(
  text: PanelText & {
    /** Expression whose series have the label `le`. */
    readonly buckets: string;
  },
): Panel {
  const [buckets] = ranges({ '{{le}}': text.buckets });
  return begun(new HeatmapBuilder(), text, [buckets!.format(PromQueryFormat.Heatmap)])
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Turbo').steps(64))
    .filterValues(new FilterValueRangeBuilder().le(1e-9))
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .cellGap(0);
}

/** A row for each series as it is now. */
export function table(
  text: PanelText & {
    readonly rows: string;
    /** Titles of the columns by the labels that they show, in this order. */
    readonly columns: Readonly<Record<string, string>>;
    /** Title of the last column, which is the value. */
    readonly value: string;
    /** What stands there instead of no rows. */
    readonly none: string;
  },
): Panel {
  const { rows, columns, value, none } = text;
  const labels = Object.keys(columns);
  const organize = {
    excludeByName: { Time: true },
    indexByName: Object.fromEntries([...labels, 'Value'].map((label, index) => [label, index])),
    renameByName: { ...columns, Value: value },
  };
  const query = moment(`max by (${labels.join(', ')}) (${rows})`).format(PromQueryFormat.Table);
  return begun(new TableBuilder(), text, [query])
    .noValue(none)
    .withTransformation({ id: 'organize', options: organize });
}

/** Grafana's own way to say it; `gte` and 0 are not looked at, but have to be there. */
const withoutZeros = {
  matcher: { id: 'byValue', options: { reducer: 'allIsZero', op: 'gte', value: 0 } },
  properties: [{ id: 'custom.hideFrom', value: { legend: true, tooltip: true, viz: false } }],
};

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);
}

function tooltip(): VizTooltipOptionsBuilder {
  return new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
}

function dashes(): GraphThresholdsStyleConfigBuilder {
  return new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);
}
