import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { gateways } from './query.js';
import { source } from './source.js';

/** What happened, as lines through all graphs. */
export function annotations(): AnnotationQueryBuilder[] {
  return [
    // A new pod is a new instance, so nothing of it ever changes: its start is known by the time that it tells.
    event(
      'Starts',
      'blue',
      '{{instance}} started',
      `1000 * ${gateways('process_start_time_seconds')}`,
    ).useValueForTime(true),
    event('Versions', 'purple', 'version {{version}} is new', newVersions),
    event('Drains', 'orange', '{{instance}} drains', `${gateways('tabcast_drain_remaining')} > 0`),
    // A counter, since what is over before the next scrape no gauge shows.
    event('Redis lost', 'red', '{{instance}} lost Redis', `increase(${losses}[1m]) > 0`),
  ];
}

const losses = gateways('tabcast_broker_losses_total');
const versions = gateways('tabcast_build_info');
const newVersions = `count by (version) (${versions}) unless count by (version) (${versions} offset 5m)`;

function event(name: string, color: string, title: string, expression: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(source)
    .enable(true)
    .iconColor(color)
    .titleFormat(title)
    .expr(expression)
    .step('15s');
}
