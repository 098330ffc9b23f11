/** Whether somebody is woken, or looks at it in the morning. */
export type Severity = 'page' | 'ticket';

/** One alert. */
export interface Alert {
  /** In PromQL; yields one element for each alert. */
  readonly expr: string;
  /** For how long it must hold before it counts, as Prometheus writes it; absent: not at all. */
  readonly for?: string;
  readonly severity: Severity;
  /** One line; `{{ $labels.instance }}` and the like are filled in by Prometheus. */
  readonly summary: string;
  /** What users feel. */
  readonly description: string;
}

/** An expression that is evaluated all the time, under the name that it is recorded as. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  /** What it says. */
  readonly help: string;
}

/** Gateways with the same values of these labels are one cluster; without Kubernetes there is no namespace. */
export const cluster = 'namespace, job';
