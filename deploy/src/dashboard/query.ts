/**
 * PromQL in words. All of these read metrics of the gateways that are chosen above the dashboard; `redis` those of what
 * redis_exporter watches.
 */

/** Series of the gateways. @param matchers further ones, for instance `outcome="lost"` */
export function gateways(metric: string, matchers?: string): string {
  return series(metric, ['namespace=~"$namespace"', 'job=~"$job"', 'instance=~"$instance"', matchers]);
}

/** Series of redis_exporter. */
export function redis(metric: string): string {
  return series(metric, ['instance=~"$redis"']);
}

/** How fast a counter rises, per second, over as long as Grafana thinks is needed. */
export function rate(counter: string): string {
  return `rate(${counter}[$__rate_interval])`;
}

/** The same per minute, for what is rare: 0.2 in a minute is easier to read than 0.0033 in a second. */
export function perMinute(counter: string): string {
  return `60 * ${rate(counter)}`;
}

export function sum(expression: string): string {
  return `sum(${expression})`;
}

/** @param labels that stay */
export function sumBy(labels: string, expression: string): string {
  return `sum by (${labels}) (${expression})`;
}

/**
 * A line for each value of a label of a counter of the gateways, per minute, called by that value.
 * @param matchers as for `gateways`
 */
export function perMinuteBy(label: string, counter: string, matchers?: string): Record<string, string> {
  return { [`{{${label}}}`]: sumBy(label, perMinute(gateways(counter, matchers))) };
}

/** A quantile of a histogram of the gateways, all of them together unless labels stay. */
export function quantile(rank: number, histogram: string, ...labels: readonly string[]): string {
  const buckets = sumBy(['le', ...labels].join(', '), rate(gateways(`${histogram}_bucket`)));
  return `histogram_quantile(${rank}, ${buckets})`;
}

function series(metric: string, matchers: readonly (string | undefined)[]): string {
  return `${metric}{${matchers.filter((matcher) => matcher !== undefined).join(', ')}}`;
}
