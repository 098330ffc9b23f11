import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { source } from './source.js';

/** What is chosen above the dashboard. Everything is chosen at first. */
export function variables(): Builder<VariableModel>[] {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    // Without Kubernetes there is none, and "All" has to match that too.
    labelValues('namespace', 'Namespace', 'namespace', 'tabcast_tabs')
      .allValue('.*')
      .description('Of Kubernetes, where each cluster of gateways has its own; elsewhere there is none.'),
    labelValues('job', 'Job', 'job', 'tabcast_tabs{namespace=~"$namespace"}').description(
      'The job of Prometheus that scrapes the gateways. Elsewhere than in Kubernetes another cluster is another job.',
    ),
    // Gateways come and go while the page is open: "All" is everything, not the list of a moment ago.
    labelValues(
      'instance',
      'Gateway',
      'instance',
      'tabcast_tabs{namespace=~"$namespace", job=~"$job"}',
    ).allValue('.+'),
    labelValues('redis', 'Redis', 'instance', 'redis_up').description('What redis_exporter watches.'),
  ];
}

function labelValues(name: string, title: string, label: string, series: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(source)
    .query({ qryType: 1, query: `label_values(${series}, ${label})`, refId: 'variable' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: ['All'], value: ['$__all'] });
}
