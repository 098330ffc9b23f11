import type { ProcessUsage } from './target.js';

/** The metrics that gateways show of their process, by what we make of them. */
const cpuSeconds = 'process_cpu_seconds_total';
const resident = 'process_resident_memory_bytes';

/** Longest wait for an answer, ms. */
const patience = 5000;

/** Tells what gateways have used that run elsewhere. */
export interface UsageReader {
  /** Rejects when one of them does not tell, and says which. */
  read(): Promise<readonly ProcessUsage[]>;
}

/** Reads the page `/metrics` of each gateway. */
export class MetricsPages implements UsageReader {
  readonly #urls: readonly URL[];

  constructor(urls: readonly URL[]) {
    this.#urls = urls;
  }

  read(): Promise<ProcessUsage[]> {
    return Promise.all(this.#urls.map((url) => this.#readPage(url)));
  }

  async #readPage(url: URL): Promise<ProcessUsage> {
    const page = await get(url);
    const sample = (metric: string) => {
      const value = readSample(page, metric);
      if (value === undefined) throw new Error(`${url} has no ${metric}: expected the metrics of a gateway`);
      return value;
    };
    return usage(`gateway ${url.host}`, sample(cpuSeconds), sample(resident));
  }
}

/**
 * Asks a Prometheus for all gateways that it scrapes. What it knows is as old as its last scrape, so CPU over a window of a few
 * scrapes is rough.
 */
export class Prometheus implements UsageReader {
  readonly #url: URL;

  /** @param url of the server, with the path that it is served under, if any */
  constructor(url: URL) {
    this.#url = url;
  }

  async read(): Promise<ProcessUsage[]> {
    const [seconds, bytes] = await Promise.all([this.#ask(cpuSeconds), this.#ask(resident)]);
    if (seconds.size === 0) throw new Error(`${this.#url} scrapes no gateway: it has no tabcast_build_info`);
    return [...seconds].map(([instance, value]) =>
      usage(`gateway ${instance}`, value, bytes.get(instance) ?? Number.NaN),
    );
  }

  /** The newest value of a metric of gateways, by instance. https://prometheus.io/docs/prometheus/latest/querying/api/ */
  async #ask(metric: string): Promise<Map<string, number>> {
    const url = new URL(`${this.#url.href.replace(/\/$/, '')}/api/v1/query`);
    url.searchParams.set('query', `${metric} and on(job, instance) tabcast_build_info`);
    const answer = parse(await get(url));
    if (answer?.data?.result === undefined)
      throw new Error(`${this.#url} does not answer as Prometheus does: expected the URL of its server`);
    return new Map(
      answer.data.result.map(({ metric: { instance }, value: [, text] }) => [instance, Number(text)]),
    );
  }
}

/**
 * The value of a metric without labels on a page in the text format of Prometheus; undefined where it is not there.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function readSample(page: string, metric: string): number | undefined {
  const value = new RegExp(`^${metric}(?:\\{[^}]*\\})?[ \\t]+(\\S+)`, 'm').exec(page)?.[1];
  return value === undefined ? undefined : Number(value);
}

function usage(name: string, seconds: number, residentBytes: number): ProcessUsage {
  return { name, role: 'gateway', cpuMicros: seconds * 1e6, residentBytes };
}

/** An instant vector, as far as it is read here. */
interface Vector {
  readonly data?: {
    readonly result?: readonly {
      metric: { instance: string };
      value: readonly [time: number, value: string];
    }[];
  };
}

function parse(text: string): Vector | undefined {
  try {
    return Object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function get(url: URL): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patience) }).catch((error: Error) => {
    throw new Error(
      `${url.origin}${url.pathname} cannot be reached: ${((error.cause as Error) ?? error).message}`,
    );
  });
  if (!response.ok) throw new Error(`${url.origin}${url.pathname} answers ${response.status}`);
  return response.text();
}
