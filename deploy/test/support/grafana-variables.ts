/** What is chosen above a dashboard, and which time it shows. */
export interface Chosen {
  /** By variable its values, or what it says for "All", which is a regular expression already. */
  readonly variables: Readonly<Record<string, readonly string[] | string>>;
  /** How often Prometheus scrapes, in s: `timeInterval` of the data source. */
  readonly scrapeInterval: number;
  /** How far points are apart, in s. */
  readonly step: number;
  /** How long a time is shown, in s. */
  readonly range: number;
}

/**
 * Puts in what Grafana puts into expressions before Prometheus gets them: several values as alternatives of a regular
 * expression, and its own intervals as of
 * https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
 * @throws at a variable that nobody knows
 */
export function filledIn(expression: string, chosen: Chosen): string {
  return expression.replace(/\$(\w+)/g, (_, name) => inserted(name, chosen));
}

function inserted(name: string, { variables, scrapeInterval, step, range }: Chosen): string {
  if (name === '__interval') return `${step}s`;
  if (name === '__range') return `${range}s`;
  if (name === '__rate_interval') return `${Math.max(step + scrapeInterval, 4 * scrapeInterval)}s`;
  const values = variables[name];
  if (values === undefined) throw new Error(`there is no variable ${name}`);
  if (typeof values === 'string') return values;
  return values.length === 1 ? escaped(values[0]!) : `(${values.map(escaped).join('|')})`;
}

/** For a regular expression within a string of PromQL. */
function escaped(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&');
}
