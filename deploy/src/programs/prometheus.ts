import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, loadCore, Program } from '@tabcast/loadtest/servers/program';
import { exchanged } from './exchanged.js';
import { textOf } from './repository.js';

/** How long Prometheus may take to answer, ms. */
const patience = 10_000;

/** What Prometheus scrapes here, each as `host:port`. */
export interface Scraped {
  /** Internal ports of gateways. */
  readonly gateways: readonly string[];
  readonly redisExporter: string;
}

/** One element of an instant vector, or a scalar, which has no labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series of a range vector. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Time in s since the epoch, and value. */
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** From when to when, in s since the epoch, and how far apart the points are, in s. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What Prometheus scrapes, and how it went. */
export interface ScrapeTarget {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

/** A rule, and how its last evaluation went. */
export interface EvaluatedRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  /** Of alerts only. */
  readonly state?: 'inactive' | 'pending' | 'firing';
}

/** What the API answers with: https://prometheus.io/docs/prometheus/2.42/querying/api/ */
interface Answer<Data> {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data: Data;
}
type Point = readonly [time: number, value: string];
type Labels = Readonly<Record<string, string>>;
type Instant =
  | { readonly resultType: 'vector'; readonly result: readonly { metric: Labels; value: Point }[] }
  | { readonly resultType: 'scalar'; readonly result: Point };
interface Matrix {
  readonly result: readonly { metric: Labels; values: readonly Point[] }[];
}

/** The real Prometheus with the configuration of the repository, which scrapes every second. */
export class Prometheus {
  readonly #program: Program;
  readonly #url: string;
  readonly #folder: string;

  /** @param rules those of the repository, unless a test wants them otherwise */
  static async start(scraped: Scraped, rules = textOf('deploy/prometheus/rules.yml')): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-prometheus-'));
    const own = `127.0.0.1:${await freePort()}`;
    await writeFile(join(folder, 'prometheus.yml'), configuration(scraped, own));
    await writeFile(join(folder, 'rules.yml'), rules);
    const program = new Program(loadCore, [
      'prometheus',
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${own}`,
      '--log.level=error',
    ]);
    const prometheus = new Prometheus(program, `http://${own}`, folder);
    try {
      await program.until('ready', () => prometheus.#isReady());
      return prometheus;
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
  }

  private constructor(program: Program, url: string, folder: string) {
    this.#program = program;
    this.#url = url;
    this.#folder = folder;
  }

  /** What an expression says now. */
  async query(expression: string): Promise<readonly Sample[]> {
    const instant = await this.#ask<Instant>('query', { query: expression });
    if (instant.resultType === 'scalar') return [{ labels: {}, value: Number(instant.result[1]) }];
    return instant.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** What an expression said over a time. */
  async range(expression: string, { start, end, step }: Range): Promise<readonly Series[]> {
    const times = { start: String(start), end: String(end), step: String(step) };
    const { result } = await this.#ask<Matrix>('query_range', { query: expression, ...times });
    return result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map(([time, value]) => [time, Number(value)] as const),
    }));
  }

  /** Asks ten times a second until an expression yields what is wanted (anything); rejects after ten seconds. */
  until(
    expression: string,
    isWanted = (samples: readonly Sample[]) => samples.length > 0,
  ): Promise<readonly Sample[]> {
    return this.#program.until(`an answer to ${expression}`, async () => {
      const samples = await this.query(expression);
      return isWanted(samples) ? samples : undefined;
    });
  }

  async targets(): Promise<readonly ScrapeTarget[]> {
    const { activeTargets } = await this.#ask<{ activeTargets: readonly ScrapeTarget[] }>('targets');
    return activeTargets;
  }

  /** Of all groups. */
  async rules(): Promise<readonly EvaluatedRule[]> {
    const { groups } = await this.#ask<{ groups: readonly { rules: readonly EvaluatedRule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.#folder, { recursive: true });
  }

  async #isReady(): Promise<true | undefined> {
    const answer = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  }

  async #ask<Data>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<Data> {
    const url = `${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(patience) });
    const { status, error, data } = (await answer.json()) as Answer<Data>;
    if (status === 'error') throw new Error(`${error}: ${parameters['query'] ?? path}`);
    return data;
  }
}

/** That of the repository, but for where its targets are, and for patience. */
function configuration({ gateways, redisExporter }: Scraped, own: string): string {
  return exchanged(textOf('deploy/prometheus/prometheus.yml'), {
    [discovery]: `    static_configs:\n      - targets: ${JSON.stringify(gateways)}\n`,
    'redis-exporter:9121': redisExporter,
    'localhost:9090': own,
    'scrape_interval: 15s': 'scrape_interval: 1s',
    'scrape_timeout: 10s': 'scrape_timeout: 1s',
    'evaluation_interval: 15s': 'evaluation_interval: 1s',
  });
}

/** Docker's DNS is not here. */
const discovery = `    dns_sd_configs:
      - names: [gateway]
        type: A
        port: 8081
        refresh_interval: 5s
`;
