import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Target } from '@tabcast/shared';
import { WebSocket } from 'ws';
import { eventsOf, isTold } from './events.js';
import { GatewayProcess } from './gateway.js';
import { faultsIn, type Heard } from './ledger.js';
import { withoutPositions } from './receipt.js';
import { type RedisServer, startRedis } from './redis.js';
import { RoamingTab } from './roaming-tab.js';
import { type TabEncoding, tokenFor } from './tab.js';
import { type Source, Traffic } from './traffic.js';
import { until } from './until.js';

/** Whom the streams of a cluster address: every tab of it is one of this user's, and in this group. */
const user = 'ann';
const group = 'red';

/** In which every tab is from its first welcome on. */
const channels = ['all', 'registered', `user:${user}`, `group:${group}`];

/** How long a gateway may take to find what it has missed, in ms: it looks at each channel within half a minute. */
const discovery = 45_000;

/** What a gateway may grow by while faults happen to it: open files beyond those of all tabs, and bytes. */
const allowance = { openFiles: 8, memory: 128 * 2 ** 20 };

/** What a cluster can be made of instead of what it is usually made of. */
export interface ClusterParts {
  /** Settings of its Redis. */
  readonly redis?: Record<string, string>;
  /** Gives the first gateway another way to the Redis on this port. */
  wayOfFirst?(port: number): Promise<number>;
  /** Of each gateway one stream repeats what was not accepted, under its key and through both; the other never does. */
  readonly repeats?: boolean;
  /** Starts a gateway in another way than usual. */
  startGateway?(options: Record<string, string>): Promise<GatewayProcess>;
}

/** Two gateways on one Redis, a tab in either encoding on each, and traffic through both to all four. */
export class Cluster {
  /** Its own; where `REDIS_URL` was given, the gateways are elsewhere. */
  readonly redis: RedisServer;
  /** One that was killed is replaced in place by `restartGateway`. */
  readonly gateways: [GatewayProcess, GatewayProcess];
  readonly tabs: readonly RoamingTab[];
  readonly traffic: Traffic;
  readonly #start: (index: 0 | 1) => Promise<GatewayProcess>;
  readonly #isOnRedis: boolean;
  readonly #usage: { openFiles: number; memory: number }[];
  #fences = 0;

  private constructor(
    redis: RedisServer,
    gateways: [GatewayProcess, GatewayProcess],
    tabs: readonly RoamingTab[],
    start: (index: 0 | 1) => Promise<GatewayProcess>,
    { repeats, isOnRedis }: { repeats: boolean; isOnRedis: boolean },
  ) {
    this.redis = redis;
    this.gateways = gateways;
    this.tabs = tabs;
    this.#start = start;
    this.#isOnRedis = isOnRedis;
    this.#usage = gateways.map(usageOf);
    this.traffic = new Traffic([
      this.#through(0, { user }),
      this.#through(0, { all: true }, repeats),
      this.#through(1, { user }),
      this.#through(1, { groups: [group] }, repeats),
    ]);
  }

  /** Starts all of it; resolves when every stream is in full flow. */
  static async start(options: Record<string, string> = {}, parts: ClusterParts = {}): Promise<Cluster> {
    const redis = await startRedis(parts.redis);
    const ports = [(await parts.wayOfFirst?.(redis.port)) ?? redis.port, redis.port] as const;
    const startGateway = parts.startGateway ?? GatewayProcess.start;
    const start = (index: 0 | 1) =>
      startGateway({ REDIS_URL: `redis://127.0.0.1:${ports[index]}`, ...options });
    const gateways: [GatewayProcess, GatewayProcess] = [await start(0), await start(1)];
    const token = await tokenFor(user, { groups: [group] });
    const tabs: RoamingTab[] = [];
    for (const home of [0, 1])
      for (const encoding of ['json', 'msgpack'] satisfies TabEncoding[])
        tabs.push(await RoamingTab.open(gateways, home, { token, encoding }));
    const cluster = new Cluster(redis, gateways, tabs, start, {
      ...{ repeats: parts.repeats ?? false, isOnRedis: options['REDIS_URL'] === undefined },
    });
    await cluster.flowing();
    return cluster;
  }

  /** Every tab is connected, and from now on every stream has been accepted, for all gateways that have tabs, this many times in a row. */
  async flowing(times = 20): Promise<void> {
    await until('every tab to be welcomed', () => this.tabs.every(({ welcomed }) => welcomed), 30_000);
    await Promise.all(
      this.traffic.streams.map(({ name, answers, source }) => {
        const from = answers.length;
        return until(
          `${name} to flow`,
          () => {
            if (!source.gateway.running) return true;
            const latest = answers.slice(from).slice(-times);
            return latest.length === times && latest.every(({ gateways }) => gateways === this.#inhabited);
          },
          30_000,
        );
      }),
    );
  }

  /** Resolves when something that each gateway was asked to send from now on has arrived at every tab. */
  async heard(): Promise<void> {
    const hear = async (gateway: GatewayProcess) => {
      const action = `heard ${++this.#fences}`;
      const say = async () => (await gateway.send({ to: { user }, action })).ok;
      await until(`${action} to be accepted`, say, 30_000);
      await this.#arrived(action);
    };
    await Promise.all(this.gateways.filter(({ running }) => running).map(hear));
  }

  /** Everything that was accepted before this call has arrived at every tab when it resolves. */
  async settled(): Promise<void> {
    for (const gateway of this.gateways) if (gateway.running) await this.#fence(gateway);
  }

  /** Starts one again that was killed, with the same options, on other ports. */
  async restartGateway(index: 0 | 1): Promise<void> {
    const gateway = await this.#start(index);
    this.gateways[index] = gateway;
    this.#usage[index] = usageOf(gateway);
  }

  /** No tab has lost its connection. */
  expectConnected(): void {
    for (const { connections, connection } of this.tabs) {
      assert.equal(connections.length, 1);
      assert.equal(connection.socket.readyState, WebSocket.OPEN);
    }
  }

  /** No tab was told that it may have missed something: the history covered everything, so it had to be read. */
  expectNothingTold(): void {
    const told = this.#audience().map(({ tab, events }) => [tab, events.filter(isTold)] as const);
    assert.deepEqual(
      told.filter(([, events]) => events.length > 0),
      [],
    );
  }

  /** Stops the traffic and compares it with what arrived, exactly; and nobody is connected to Redis who should not be. */
  async expectExact(): Promise<void> {
    await this.traffic.stop();
    await this.settled();
    // What a gateway has missed of a channel without knowing it, it finds in the end.
    await until('the ledger to be right', () => this.faults().length === 0, discovery).catch(() => {});
    assert.deepEqual(this.faults().slice(0, 20), []);
    if (this.#isOnRedis) await this.redis.expectConnections(this.gateways.filter(({ running }) => running));
  }

  /** What became of the sends, and of the tabs, in words. */
  counts(): string {
    const frames = this.tabs.flatMap((tab) => tab.frames);
    const gaps = frames.filter(({ action }) => action === 'sys/gap').length;
    return `${this.traffic.outcomes()}, ${gaps} gaps told`;
  }

  /** Every promise that was broken until now. */
  faults(): string[] {
    return faultsIn(this.traffic.sends, this.#audience());
  }

  /** The gateways are the processes that they were, without a word on stderr or an error in the log, and have not grown. */
  expectHealthy(): void {
    for (const [index, gateway] of this.gateways.entries()) {
      assert.ok(gateway.running, gateway.errors);
      assert.deepEqual(gateway.complaints, []);
      const [before, now] = [this.#usage[index]!, usageOf(gateway)];
      const files = before.openFiles + this.tabs.length + allowance.openFiles;
      assert.ok(now.openFiles <= files, `${now.openFiles} open files, ${before.openFiles} before`);
      assert.ok(
        now.memory <= before.memory + allowance.memory,
        `${now.memory} bytes, ${before.memory} before`,
      );
    }
  }

  async close(): Promise<void> {
    await this.traffic.stop().catch(() => {});
    for (const tab of this.tabs) tab.close();
    for (const gateway of this.gateways) await gateway.kill();
    await this.redis.close();
  }

  #through(index: 0 | 1, to: Target, repeats = false): Source {
    const { gateways } = this;
    return {
      ...{ to, repeats: repeats ? gateways : undefined },
      get gateway() {
        return gateways[index];
      },
    };
  }

  /** How many gateways live and have tabs. */
  get #inhabited(): number {
    return new Set(this.tabs.map(({ gateway }) => gateway).filter(({ running }) => running)).size;
  }

  /** Everything that this gateway was asked to send before has arrived when this has. */
  async #fence(gateway: GatewayProcess): Promise<void> {
    const action = `fence ${++this.#fences}`;
    const answer = await gateway.send({ to: { user }, action });
    assert.deepEqual(withoutPositions(await answer.json()), {
      [`user:${user}`]: { gateways: this.#inhabited },
    });
    await this.#arrived(action);
  }

  async #arrived(action: string): Promise<void> {
    const has = (tab: RoamingTab) => tab.frames.some((frame) => frame.action === action);
    await until(`${action} at every tab`, () => this.tabs.every(has), discovery);
  }

  #audience(): Heard[] {
    return this.tabs.map((tab, index) => ({
      tab: `tab ${index} (${tab.encoding})`,
      gateway: tab.connections.length === 1 ? `gateway ${index < this.tabs.length / 2 ? 0 : 1}` : undefined,
      ...{ channels, events: eventsOf(tab.frames) },
    }));
  }
}

/** Of a process on Linux. */
function usageOf({ pid }: GatewayProcess): { openFiles: number; memory: number } {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  return { openFiles: readdirSync(`/proc/${pid}/fd`).length, memory: pages * 4096 };
}
