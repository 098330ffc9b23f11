import { freePort } from './free-port.js';
import { type RedisServer, startRedis } from './redis.js';
import { until } from './until.js';

const slotCount = 16_384;

/** Masters, each with a replica. */
const masters = 3;

/** How long a node must be silent before the others call it down, in ms. */
const nodeTimeout = '1000';

/** A Redis Cluster on loopback: three masters with a third of the slots each, and a replica of each. */
export class RedisCluster {
  /** The masters of the beginning, then their replicas in the same order. */
  readonly servers: readonly RedisServer[];
  readonly #busPort: number;
  readonly #added: RedisServer[] = [];

  /** @param busPort of the first server */
  private constructor(servers: readonly RedisServer[], busPort: number) {
    this.servers = servers;
    this.#busPort = busPort;
  }

  /** Starts it; resolves when every node knows of every slot and replica. @param settings of each node */
  static async start(settings: () => Promise<Settings> = async () => ({})): Promise<RedisCluster> {
    const busPorts = await Promise.all(Array.from({ length: 2 * masters }, freePort));
    const nodes = busPorts.map(async (busPort) => startNode(busPort, await settings()));
    const cluster = new RedisCluster(await Promise.all(nodes), busPorts[0]!);
    try {
      await cluster.#join();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** As the option redis-url takes it: two nodes will do to find the others. */
  get url(): string {
    return this.urlFor('');
  }

  /** @param login ends in `@`, or is empty */
  urlFor(login: string): string {
    const seeds = this.servers.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
    return `redis+cluster://${login}${seeds.join()}`;
  }

  /** One command on every node. */
  async everywhere(command: string, ...args: string[]): Promise<void> {
    await Promise.all(this.servers.map((server) => server.cli(command, ...args)));
  }

  /** The master of a slot, as a node that lives knows it. */
  async ownerOf(slot: number): Promise<RedisServer> {
    for (const server of this.servers) {
      const ranges = await rangesOf(server).catch(() => []);
      const found = ranges.find(([first, last]) => first <= slot && slot <= last);
      const owner = this.servers.find(({ port }) => port === found?.[2][1]);
      if (owner !== undefined) return owner;
    }
    throw new Error(`nobody has slot ${slot}`);
  }

  /** Those that are master of a slot. */
  async masters(): Promise<RedisServer[]> {
    const ports = (await rangesOf(this.servers[0]!)).map(([, , [, port]]) => port);
    return this.servers.filter(({ port }) => ports.includes(port));
  }

  /** The replica of a master. CLUSTER SLOTS would leave out one that has not been written to. */
  async replicaOf(master: RedisServer): Promise<RedisServer> {
    const replicas = String(await master.cli('CLUSTER', 'REPLICAS', await idOf(master)));
    return this.servers.find(({ port }) => replicas.includes(`:${port}@`))!;
  }

  /** Freezes the replica of a master, and gives it nothing any more that is written there from now on. */
  async detachReplica(master: RedisServer): Promise<RedisServer> {
    const replica = await this.replicaOf(master);
    replica.stop();
    // Else the kernel takes for it what comes meanwhile.
    await master.cli('CLIENT', 'KILL', 'TYPE', 'replica');
    return replica;
  }

  /** Resolves when a server, which was killed, is master of nothing any more. */
  async failedOver(from: RedisServer): Promise<void> {
    const others = this.servers.filter((server) => server !== from);
    await until('a replica to take over', () => allSay(others, 'INFO', 'cluster_state:ok'), 20_000);
    await until('nobody to go there', async () => {
      const ranges = await Promise.all(others.map(rangesOf));
      return ranges.flat().every(([, , [, port]]) => port !== from.port);
    });
  }

  /** Resolves when all but some servers, which are dead, say these words of the cluster. */
  async says(words: string, dead: readonly RedisServer[]): Promise<void> {
    const living = this.servers.filter((server) => !dead.includes(server));
    await until(`the cluster to say ${words}`, () => allSay(living, 'INFO', words));
  }

  /** Resolves when every master has a replica that has caught up. */
  async complete(): Promise<void> {
    await until('the replicas to follow', () => this.#replicasFollow(), 20_000);
  }

  /** Moves a slot with its keys, as `redis-cli --cluster reshard` does. */
  async migrate(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
    for await (const _ of this.migration(slot, from, to));
  }

  /** The same, step by step: halts after each one and says what is done. @param first the key that moves alone, before all others */
  async *migration(
    slot: number,
    from: RedisServer,
    to: RedisServer,
    first?: string,
  ): AsyncGenerator<string, void> {
    const [source, target] = [await idOf(from), await idOf(to)];
    const setSlot = (server: RedisServer, ...state: string[]) =>
      server.cli('CLUSTER', 'SETSLOT', String(slot), ...state);
    const move = (keys: string[]) =>
      from.cli('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys);
    await setSlot(to, 'IMPORTING', source);
    yield 'the target imports';
    await setSlot(from, 'MIGRATING', target);
    yield 'the source migrates';
    if (first !== undefined) {
      await move([first]);
      yield 'one key has moved';
    }
    for (;;) {
      const keys = (await from.cli('CLUSTER', 'GETKEYSINSLOT', String(slot), '100')) as string[];
      if (keys.length === 0) break;
      await move(keys);
    }
    yield 'all keys have moved';
    await setSlot(to, 'NODE', target);
    yield 'the target knows';
    await setSlot(from, 'NODE', target);
    yield 'the source knows';
  }

  /** Adds a master without a slot and without a replica; resolves when all know it, and it serves. */
  async addMaster(): Promise<RedisServer> {
    const server = await startNode(await freePort(), {});
    this.#added.push(server);
    await this.#meet(server);
    const known = `cluster_known_nodes:${this.servers.length + this.#added.length}`;
    await until('the nodes to meet', () => allSay([...this.servers, ...this.#added], 'INFO', known));
    await until('it to serve', () => allSay([server], 'INFO', 'cluster_state:ok'));
    return server;
  }

  /** Brings back whoever has been killed or stopped; resolves when every master has a replica again. */
  async heal(): Promise<void> {
    for (const server of this.servers) {
      server.cont();
      await server.cli('PING').catch(() => server.restart());
    }
    await this.complete();
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers, ...this.#added].map((server) => server.close()));
  }

  async #join(): Promise<void> {
    for (const [i, server] of this.servers.entries()) {
      await server.cli('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      if (i < masters) await server.cli('CLUSTER', 'ADDSLOTSRANGE', ...share(i).map(String));
      if (i > 0) await this.#meet(server);
    }
    const known = `cluster_known_nodes:${this.servers.length}`;
    await until('the nodes to meet', () => allSay(this.servers, 'INFO', known));
    for (const [i, replica] of this.servers.slice(masters).entries())
      await replica.cli('CLUSTER', 'REPLICATE', await idOf(this.servers[i]!));
    await until('the slots to be served', () => allSay(this.servers, 'INFO', 'cluster_state:ok'), 20_000);
    await this.complete();
  }

  async #meet(server: RedisServer): Promise<void> {
    await server.cli('CLUSTER', 'MEET', '127.0.0.1', String(this.servers[0]!.port), String(this.#busPort));
  }

  async #replicasFollow(): Promise<boolean> {
    const infos = await Promise.all(this.servers.map((server) => server.cli('INFO', 'replication')));
    const linked = infos.filter((info) => String(info).includes('master_link_status:up'));
    const views = await Promise.all(this.servers.map((server) => server.cli('CLUSTER', 'NODES')));
    const half = this.servers.length / 2;
    const replicas = views.map((nodes) => String(nodes).match(/ (myself,)?slave \w/g)?.length);
    return linked.length === half && replicas.every((count) => count === half);
  }
}

type Settings = Record<string, string>;
type Range = [first: number, last: number, master: [host: string, port: number]];

/** @param busPort where it talks to the other nodes; the usual one, 10000 above its own, may not exist */
function startNode(busPort: number, settings: Settings): Promise<RedisServer> {
  return startRedis({
    ...settings,
    ...{ 'cluster-enabled': 'yes', 'cluster-node-timeout': nodeTimeout },
    'cluster-port': String(busPort),
    'repl-diskless-sync-delay': '0',
    // Failover without the wait for a replica that has been away for long.
    'cluster-replica-validity-factor': '0',
    // A master whose last slot has gone stays one.
    'cluster-allow-replica-migration': 'no',
  });
}

async function rangesOf(server: RedisServer): Promise<Range[]> {
  return (await server.cli('CLUSTER', 'SLOTS')) as Range[];
}

/** Whether the answers of all servers to a command of CLUSTER have these words. */
async function allSay(servers: readonly RedisServer[], command: string, words: string): Promise<boolean> {
  const answers = await Promise.all(servers.map((server) => server.cli('CLUSTER', command)));
  return answers.every((answer) => String(answer).includes(words));
}

function share(index: number): [first: number, last: number] {
  const bound = (i: number) => Math.floor((slotCount * i) / masters);
  return [bound(index), bound(index + 1) - 1];
}

async function idOf(server: RedisServer): Promise<string> {
  return String(await server.cli('CLUSTER', 'MYID'));
}
