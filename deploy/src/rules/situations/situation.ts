/** What series did, a value a minute, in the notation of `promtool test rules`. */
export interface Situation {
  /** What happens. */
  readonly when: string;
  /** Values by series. */
  readonly series: Readonly<Record<string, string>>;
  /** How long it takes (60). */
  readonly minutes?: number;
}

/** In what an alert has to fire, and in what it must not although it looks alike. */
export interface Proof {
  readonly fires: Situation | readonly Situation[];
  readonly silent: readonly Situation[];
}

/** A series of one gateway. */
export function of(instance: string, metric: string, labels = ''): string {
  return `${metric}{job="tabcast",instance="${instance}"${labels && `,${labels}`}}`;
}

/** A series of Redis, or of its exporter. */
export function redis(metric: string): string {
  return `${metric}{job="redis",instance="redis-exporter:9121"}`;
}

/** A counter of one gateway with values of its label. */
export function counted(
  metric: string,
  label: string,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([value, growth]) => [of('a', metric, `${label}="${value}"`), growth]),
  );
}
