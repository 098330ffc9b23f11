import assert from 'node:assert/strict';
import type { Target } from '@tabcast/shared';
import { eventsOf, isTold } from './events.js';
import { GatewayProcess } from './gateway.js';
import { faultsIn } from './ledger.js';
import { longHistory } from './long-history.js';
import { type RedisServer, startRedis } from './redis.js';
import { RoamingTab } from './roaming-tab.js';
import { tokenFor } from './tab.js';
import { Traffic } from './traffic.js';
import { until } from './until.js';

/** How long all of a crowd may take to be somewhere, or to have something, in ms. */
const patience = 60_000;

/** What is sent to a crowd. */
export interface CrowdStream {
  readonly to: Target;
  /** Through which gateway. */
  readonly through: 0 | 1;
  readonly breath?: number;
  readonly padding?: string;
}

/** Who a crowd is made of. */
export interface CrowdShape {
  /** How many tabs begin at each gateway. */
  readonly tabs: readonly [number, number];
  /** Tabs belong to these users (`user 0`, `user 1`, …) in turns. */
  readonly users: number;
  /** And are in one of these groups (`group 0`, …) in turns, by their users. */
  readonly groups: number;
  readonly streams: readonly CrowdStream[];
  /** Options of each gateway, by their environment names without `TABCAST_`. */
  readonly options?: readonly [Record<string, string>, Record<string, string>];
  /** See RoamingTabOptions. */
  breath?(): number;
}

/** Two gateways on one Redis, and many tabs of many users that come back and resume, under traffic to some of them. */
export class Crowd {
  readonly redis: RedisServer;
  /** One that was killed is replaced in place by `restartGateway`. */
  readonly gateways: [GatewayProcess, GatewayProcess];
  readonly tabs: readonly RoamingTab[];
  readonly traffic: Traffic;
  readonly #shape: CrowdShape;
  #fences = 0;

  private constructor(
    redis: RedisServer,
    gateways: [GatewayProcess, GatewayProcess],
    tabs: readonly RoamingTab[],
    shape: CrowdShape,
  ) {
    this.redis = redis;
    this.gateways = gateways;
    this.tabs = tabs;
    this.#shape = shape;
    this.traffic = new Traffic(
      shape.streams.map(({ through, ...stream }) => ({
        ...stream,
        get gateway() {
          return gateways[through];
        },
      })),
    );
  }

  /** Starts all of it; resolves when every tab is welcome, and has heard something. */
  static async gather(shape: CrowdShape): Promise<Crowd> {
    const redis = await startRedis();
    const [first = {}, second = {}] = shape.options ?? [];
    const gateways: [GatewayProcess, GatewayProcess] = [
      await launch(redis, first),
      await launch(redis, second),
    ];
    const tabs: RoamingTab[] = [];
    for (let index = 0; index < shape.tabs[0] + shape.tabs[1]; index++)
      tabs.push(await open(gateways, index, shape));
    const crowd = new Crowd(redis, gateways, tabs, shape);
    await crowd.reached();
    return crowd;
  }

  /** Those of them that have lost their connection at least once. */
  get moved(): RoamingTab[] {
    return this.tabs.filter(({ connections }) => connections.length > 1);
  }

  /** Those that have never been anywhere else. */
  get residents(): RoamingTab[] {
    return this.tabs.filter(({ connections }) => connections.length === 1);
  }

  /** Every tab has a welcome from a gateway that is running. */
  async back(): Promise<void> {
    await until('all tabs to be back', () => this.tabs.every(({ welcomed }) => welcomed), patience);
  }

  /** Something that is sent now, to all, has reached every tab. Returns its action. */
  async reached(): Promise<string> {
    const action = `fence ${++this.#fences}`;
    const sender = this.gateways.find(({ running }) => running)!;
    assert.equal((await sender.send({ to: { all: true }, action })).status, 200);
    const has = ({ connections }: RoamingTab) =>
      connections.some(({ frames }) => frames.findLast((frame) => frame.action === action));
    await until(`${action} at every tab`, () => this.tabs.every(has), patience);
    return action;
  }

  /** Starts one again that was killed, with the same options. */
  async restartGateway(index: 0 | 1): Promise<void> {
    this.gateways[index] = await launch(this.redis, this.#shape.options?.[index] ?? {});
  }

  /** Stops the traffic and compares it with what arrived, exactly. */
  async expectExact(): Promise<void> {
    await this.traffic.stop();
    await this.back();
    await this.reached();
    await until('the ledger to be right', () => this.#faults().length === 0).catch(() => {});
    assert.deepEqual(this.#faults().slice(0, 20), []);
  }

  /** The gateways that run have nothing to complain of, and no connection to Redis too many. */
  async expectHealthy(): Promise<void> {
    for (const { complaints } of this.gateways) assert.deepEqual(complaints, []);
    await this.redis.expectConnections(this.gateways.filter(({ running }) => running));
  }

  /** Tabs that were told of something that they may have missed. */
  told(): RoamingTab[] {
    return this.tabs.filter(({ frames }) => eventsOf(frames).some(isTold));
  }

  async close(): Promise<void> {
    await this.traffic.stop().catch(() => {});
    for (const tab of this.tabs) tab.close();
    for (const gateway of this.gateways) await gateway.kill();
    await this.redis.close();
  }

  #faults(): string[] {
    const heard = this.tabs.map((tab, index) => ({
      ...{ tab: `tab ${index}`, channels: channelsOf(index, this.#shape) },
      events: eventsOf(tab.frames),
    }));
    return faultsIn(this.traffic.sends, heard);
  }
}

function launch(redis: RedisServer, options: Record<string, string>): Promise<GatewayProcess> {
  return GatewayProcess.start({ REDIS_URL: redis.url, ...longHistory, ...options });
}

/** Whom the tab of this index belongs to, and the group that it is in. */
function belongings(index: number, { users, groups }: CrowdShape): { user: string; group: string } {
  const user = index % users;
  return { user: `user ${user}`, group: `group ${user % groups}` };
}

function channelsOf(index: number, shape: CrowdShape): string[] {
  const { user, group } = belongings(index, shape);
  return ['all', 'registered', `user:${user}`, `group:${group}`];
}

/** Half of them each way; in either encoding, whoever else they belong to. */
async function open(gateways: GatewayProcess[], index: number, shape: CrowdShape): Promise<RoamingTab> {
  const { user, group } = belongings(index, shape);
  const token = await tokenFor(user, { groups: [group] });
  const home = index < shape.tabs[0] ? 0 : 1;
  const encoding = Math.floor(index / shape.users) % 2 === 0 ? 'json' : 'msgpack';
  return RoamingTab.open(gateways, home, { token, encoding, ...(shape.breath && { breath: shape.breath }) });
}
