import { AggregatorRegistry, type Registry } from 'prom-client';

/** Everything that one gateway counts and measures, as prom-client gives it. Survives a structured clone. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The figures of several gateways. */
export interface Gathered {
  /** Of those that answered. */
  readonly fresh: readonly Figures[];
  /** The last known of those that did not. */
  readonly stale: readonly Figures[];
}

/** Where the figures of all workers can be had. */
export interface Reports {
  /** What the predecessor of this worker had counted; undefined where it is the first. */
  readonly carried: Figures | undefined;
  /** From now on `read` answers when somebody asks for the figures of this worker. */
  reportBy(read: () => Promise<Figures>): void;
  /** Asks every worker, this one too. Rejects when no answer can be had. */
  gather(): Promise<Gathered>;
}

/** The figures of this very gateway. */
interface OwnPage {
  readonly contentType: string;
  figures(): Promise<Figures>;
}

/**
 * prom-client would show the mean of the lag, in which a worker that hangs disappears, and no start at all: the latest one
 * shows that a worker has been replaced.
 */
const greatest: readonly string[] = ['nodejs_eventloop_lag_p99_seconds', 'process_start_time_seconds'];

/**
 * One page for all workers, whichever of them is asked. Counters go on where a worker has died or stays silent: a sum
 * that fell would look to Prometheus like a restart of all of them, and its next value like a burst of that height.
 */
export class PageTogether {
  readonly #own: OwnPage;
  readonly #reports: Reports;

  constructor(own: OwnPage, reports: Reports) {
    this.#own = own;
    this.#reports = reports;
    const { carried } = reports;
    reports.reportBy(async () => {
      const figures = await own.figures();
      return carried === undefined ? figures : add([figures, counted(carried)]).getMetricsAsJSON();
    });
  }

  get contentType(): string {
    return this.#own.contentType;
  }

  async render(): Promise<string> {
    const { fresh, stale } = await this.#reports.gather();
    return add([...fresh, ...stale.map(counted)]).metrics();
  }
}

/** Each metric by its own way of adding up. */
function add(figures: readonly Figures[]): Registry {
  const withGreatest = figures.map((one) =>
    one.map((metric) =>
      greatest.includes(metric.name) ? { ...metric, aggregator: 'max' as const } : metric,
    ),
  );
  return AggregatorRegistry.aggregate(withGreatest);
}

/** Only what counts upwards for ever; a gauge of somebody who is gone says nothing. */
function counted(figures: Figures): Figures {
  return figures.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}
