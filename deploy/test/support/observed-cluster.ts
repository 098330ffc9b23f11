import { randomBytes } from 'node:crypto';
import { TestTab } from '@tabcast/gateway/testing/tab';
import { until } from '@tabcast/gateway/testing/until';
import { type Gateway, type Secrets, startGateway, untilReady } from '@tabcast/loadtest/servers/gateway';
import { RedisServer } from '@tabcast/loadtest/servers/redis';
import type { Visitor } from '@tabcast/loadtest/servers/target';
import { tokenFor } from '@tabcast/loadtest/servers/token';
import type { Positions } from '@tabcast/shared';
import { Prometheus } from '../../src/programs/prometheus.js';
import { startRedisExporter } from '../../src/programs/redis-exporter.js';
import { FlakyBackend } from './flaky-backend.js';

/** Limits that are easily run into, and a drain that takes longer than any test. */
const options = {
  TABCAST_DRAIN_WINDOW: '300000',
  TABCAST_HANDSHAKE_RATE: '50',
  TABCAST_HANDSHAKE_BURST: '20',
  TABCAST_LATEST_CHANNELS: 'group',
  TABCAST_MAX_BACKPRESSURE: '65536',
  TABCAST_MAX_TABS: '200',
  TABCAST_MAX_TABS_PER_USER: '3',
  TABCAST_STALL_TIMEOUT: '1000',
  TABCAST_TAB_MESSAGES_PER_SECOND: '5',
  TABCAST_WEBHOOK_EVENTS: 'connect,action,disconnect,online,offline',
  TABCAST_WEBHOOK_PRIVATE_NETWORKS: 'true',
};

/** How long a gateway may take to answer, ms. */
const patience = 10_000;

/** One of the sends that a backend may ask for. */
export interface Send {
  readonly to: object;
  readonly action: string;
  readonly details?: readonly unknown[];
  readonly history?: boolean;
}

/** Three gateways in production mode with their Redis, a backend that takes webhooks, and Prometheus that watches them. */
export class ObservedCluster {
  readonly redis: RedisServer;
  readonly gateways: readonly Gateway[];
  readonly prometheus: Prometheus;
  readonly #secrets: Secrets;
  readonly #running: Running;
  readonly #tabs = new Set<TestTab>();

  /** @param rules those of the repository, unless a test wants them otherwise */
  static async start(rules?: string): Promise<ObservedCluster> {
    const running = new Running();
    try {
      return await ObservedCluster.#start(running, rules);
    } catch (error) {
      await running.stop();
      throw error;
    }
  }

  static async #start(running: Running, rules?: string): Promise<ObservedCluster> {
    const redis = running.with(await RedisServer.start());
    const backend = running.with(await FlakyBackend.start());
    const secrets = { token: randomBytes(32).toString('hex'), key: randomBytes(32).toString('hex') };
    const environment = {
      ...options,
      TABCAST_WEBHOOK_URL: backend.url,
      TABCAST_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
    };
    const gateways: Gateway[] = [];
    while (gateways.length < 3) {
      const gateway = await startGateway({ redis, environment }, secrets);
      running.with(gateway.program);
      gateways.push(gateway);
    }
    await Promise.all(gateways.map(untilReady));
    const exporter = running.with(
      await startRedisExporter({ REDIS_ADDR: `redis://127.0.0.1:${redis.port}` }),
    );
    const scraped = { gateways: gateways.map(instanceOf), redisExporter: exporter.address };
    const prometheus = running.with(await Prometheus.start(scraped, rules));
    return new ObservedCluster({ redis, gateways, prometheus, secrets, running });
  }

  private constructor(parts: {
    redis: RedisServer;
    gateways: readonly Gateway[];
    prometheus: Prometheus;
    secrets: Secrets;
    running: Running;
  }) {
    this.redis = parts.redis;
    this.gateways = parts.gateways;
    this.prometheus = parts.prometheus;
    this.#secrets = parts.secrets;
    this.#running = parts.running;
  }

  /** What a visitor's tab shows to say who he is. */
  tokenOf(visitor: Visitor): string {
    return tokenFor(visitor, this.#secrets.token);
  }

  /** Where tabs connect to the gateway of this index. */
  urlOf(index: number): string {
    return `ws://127.0.0.1:${this.gateways[index]!.port}/ws`;
  }

  /** Opens a tab, which is closed at the end. */
  async open(index: number, visitor: Visitor, resume?: Positions): Promise<TestTab> {
    const token = this.tokenOf(visitor);
    const shown = { token, ...(resume && { resume }) };
    // A gateway that has just seen a storm, or lags, refuses for a moment; clients come back too.
    const tab = await until('a welcome', () => TestTab.open(this.urlOf(index), shown));
    this.#tabs.add(tab);
    return tab;
  }

  /** Sends as a backend does, through one gateway; returns the status. */
  send(index: number, sends: Send | readonly Send[]): Promise<number> {
    return this.ask(index, 'POST', '/v1/send', sends);
  }

  /** Asks one gateway's internal port; returns the status. */
  async ask(index: number, method: string, path: string, body?: unknown): Promise<number> {
    const { status } = await this.fetch(index, method, path, body);
    return status;
  }

  /** Asks one gateway's internal port. */
  fetch(index: number, method: string, path: string, body?: unknown): Promise<Response> {
    const { host, internalPort } = this.gateways[index]!;
    const headers = { authorization: `Bearer ${this.#secrets.key}`, 'content-type': 'application/json' };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    return fetch(`http://${host}:${internalPort}${path}`, { ...init, signal: AbortSignal.timeout(patience) });
  }

  /** Without tabs no gateway takes long to drain. */
  async stop(): Promise<void> {
    for (const { socket } of this.#tabs) socket.terminate();
    await this.#running.stop();
  }
}

/** What has been started, for one end: a program that is left over would keep the tests from ending. */
class Running {
  readonly #started: { stop(): Promise<void> }[] = [];

  with<Started extends { stop(): Promise<void> }>(started: Started): Started {
    this.#started.push(started);
    return started;
  }

  /** The last one first. */
  async stop(): Promise<void> {
    for (const started of this.#started.splice(0).reverse()) await started.stop();
  }
}

/** The label `instance` of a gateway. */
export function instanceOf({ host, internalPort }: Gateway): string {
  return `${host}:${internalPort}`;
}
