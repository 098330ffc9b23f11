import { createRedisBroker } from '../../src/broker/redis/broker.js';
import { slotOf } from '../../src/broker/redis/cluster/hash-slot.js';
import { Names } from '../../src/broker/redis/names.js';
import { BareGateway, type Manner } from './bare-gateway.js';
import { CapturedLog } from './captured-log.js';
import { Flow } from './flow.js';
import { faultsIn, nameOf, type Sent } from './ledger.js';
import type { RedisServer } from './redis.js';
import type { RedisCluster } from './redis-cluster.js';
import { until } from './until.js';

const names = new Names('test');
const keep = { size: 1000, age: 60_000 };

/** What the groups of a slot are called. @param count how many of them */
export function groupsIn(slot: number, count: number): string[] {
  const found: string[] = [];
  for (let id = 0; found.length < count; id++) if (slotOfGroup(`${id}`) === slot) found.push(`${id}`);
  return found;
}

export function slotOfGroup(group: string): number {
  return slotOf(names.channel(`group:${group}`));
}

/** The keys of the history of a group. */
export function keysOf(group: string): [head: string, kept: string] {
  return names.history(`group:${group}`);
}

/** A group whose slot a server is master of. */
export async function groupOn(server: RedisServer, cluster: RedisCluster): Promise<string> {
  for (let id = 0; ; id++) if ((await cluster.ownerOf(slotOfGroup(`${id}`))) === server) return `${id}`;
}

/** Two gateways without sockets on a Redis Cluster, and sends that flow from both. */
export class ClusterGateways {
  readonly gateways: readonly [BareGateway, BareGateway];
  readonly flows: Flow[] = [];
  readonly #groups: readonly string[];

  private constructor(url: string, groups: readonly string[], timeout: number) {
    const { log } = new CapturedLog();
    const create = (name: string) => {
      const times = { timeout, probeInterval: 200, idempotencyTtl: 60_000 };
      return new BareGateway(
        name,
        createRedisBroker({ ...times, url, gateway: name, prefix: 'test', log }),
        keep,
      );
    };
    this.#groups = groups;
    this.gateways = [create('g1'), create('g2')];
  }

  /** Starts them, each with a tab in all of these groups. @param timeout of their commands, in ms */
  static async open(url: string, groups: readonly string[], timeout: number): Promise<ClusterGateways> {
    const opened = new ClusterGateways(url, groups, timeout);
    await Promise.all(opened.gateways.map((gateway) => gateway.open(groups)));
    return opened;
  }

  /** Lets sends to a group flow from both. */
  flow(name: string, group: string, manner: Manner = {}): [Flow, Flow] {
    const flows = this.gateways.map((gateway) => new Flow(gateway, name, group, manner)) as [Flow, Flow];
    this.flows.push(...flows);
    return flows;
  }

  /** Resolves when everything flows: accepted, and heard by both. */
  async flowing(): Promise<void> {
    await Promise.all(this.flows.map((flow) => flow.heardBy(2)));
    await until('both to be live', () => this.gateways.every(({ broker }) => broker.state === 'live'));
  }

  /** Ends the flows, and resolves when both have heard a last send in each group. @returns what the ledger finds */
  async finish(): Promise<string[]> {
    await Promise.all(this.flows.map((flow) => flow.end()));
    await Promise.all(this.#groups.map((group) => this.#sendLast(group)));
    const sends = this.gateways.flatMap((gateway) => gateway.sends);
    return faultsIn(
      sends,
      this.gateways.map(({ heard }) => heard),
    );
  }

  /** Of what was accepted and kept, what one of them never heard. */
  get lost(): string[] {
    const kept = this.gateways.flatMap(({ sends }) => sends).filter(({ position }) => position !== undefined);
    return this.gateways.flatMap(({ names }) => kept.map(nameOf).filter((name) => !names.has(name)));
  }

  /** How often one of them was told that something of a group may be lost. */
  gapsIn(group: string): number {
    return this.gateways.reduce((sum, gateway) => sum + gateway.gapsIn(group), 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.flows.map((flow) => flow.end()));
    await Promise.all(this.gateways.map((gateway) => gateway.close()));
  }

  async #sendLast(group: string): Promise<void> {
    const sendOne = () => this.gateways[0].send(`last in ${group}`, group);
    const last = await until(`a last send to group ${group}`, async () => {
      const sent = await sendOne();
      return sent.outcome === 'accepted' && sent;
    });
    const name = nameOf(last as Sent);
    for (const gateway of this.gateways)
      await until(`${gateway.name} to hear ${name}`, () => gateway.names.has(name));
  }
}
