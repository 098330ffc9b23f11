import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { reap } from './reap.js';
import { type RedisServer, startRedis } from './redis.js';
import { until } from './until.js';

const name = 'main';

/** How long a master must be silent before a Sentinel calls it down, in ms. */
const downAfter = 1000;

/** A master that is asked for all its data by a replica usually waits for 5 s, whether others come. */
const settings = { 'repl-diskless-sync-delay': '0' };

/** A Redis that is the master of others, and three Sentinels that watch over them. */
export class Sentinels {
  readonly servers: readonly RedisServer[];
  readonly #processes: readonly ChildProcess[];
  readonly #ports: readonly number[];
  readonly #folder: string;

  private constructor(
    servers: readonly RedisServer[],
    ports: readonly number[],
    processes: readonly ChildProcess[],
    folder: string,
  ) {
    this.servers = servers;
    this.#ports = ports;
    this.#processes = processes;
    this.#folder = folder;
  }

  /**
   * Starts all of them; resolves when the replicas are in step, and every Sentinel knows the others and the replicas, so
   * that a failover can be agreed on.
   */
  static async start(replicaCount = 1): Promise<Sentinels> {
    const master = await startRedis(settings);
    const replicas = await Promise.all(Array.from({ length: replicaCount }, () => startRedis(settings)));
    for (const replica of replicas) await follow(replica, master.port);
    for (const replica of replicas) await inStep(replica);
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-sentinels-'));
    const ports = [await freePort(), await freePort(), await freePort()];
    const processes = await Promise.all(ports.map((port) => launch(port, master.port, folder)));
    const sentinels = new Sentinels([master, ...replicas], ports, processes, folder);
    for (const port of ports) await until('the Sentinels to agree', () => knowsAll(port, replicaCount));
    return sentinels;
  }

  /** As the option redis-url takes it. */
  get url(): string {
    return this.urlFor('');
  }

  /** @param login ends in `@`, or is empty */
  urlFor(login: string): string {
    const hosts = this.#ports.map((port) => `127.0.0.1:${port}`);
    return `redis+sentinel://${login}${hosts.join()}/${name}`;
  }

  /** One command on every Redis. */
  async everywhere(command: string, ...args: string[]): Promise<void> {
    await Promise.all(this.servers.map((server) => server.cli(command, ...args)));
  }

  /** The server that the Sentinels call master now. */
  async master(): Promise<RedisServer> {
    const [, port] = (await ask(this.#ports[0]!, 'get-master-addr-by-name', name)) as [string, string];
    return this.servers.find((server) => server.port === Number(port))!;
  }

  /** Resolves when the Sentinels have made the other one the master. */
  async failedOver(from: RedisServer): Promise<RedisServer> {
    // A first attempt may find no good replica; the next one comes after twice the failover-timeout.
    await until('a failover', async () => (await this.master()) !== from, 30_000);
    return this.master();
  }

  /** Lets the Sentinels look for another master while all are well; resolves when they have begun. */
  async forceFailover(): Promise<void> {
    await until('the Sentinels to begin', () => ask(this.#ports[0]!, 'failover', name), 20_000);
  }

  /** Lets a Sentinel look for another master, if it can: not while it does so already, or knows of no good replica. */
  async askForFailover(): Promise<void> {
    await ask(this.#ports[0]!, 'failover', name).catch(() => {});
  }

  /** Resolves when all Sentinels are of one mind, and every Redis is what they think: one master, in step with the others. */
  async calmed(): Promise<void> {
    await until('the Sentinels to have no more to do', () => this.#isCalm(), 40_000);
  }

  /** Makes the other one the master while both are well; resolves when the old one follows it. */
  async switchOver(): Promise<RedisServer> {
    const old = await this.master();
    await this.forceFailover();
    const master = await this.failedOver(old);
    await inStep(old);
    return master;
  }

  /** Ends one of the Sentinels without a goodbye. */
  async killOne(): Promise<void> {
    const child = this.#processes[2]!;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async #isCalm(): Promise<boolean> {
    const views = (await Promise.all(this.#ports.map((port) => ask(port, 'master', name)))) as string[][];
    const value = (view: string[], field: string) => view[view.indexOf(field) + 1];
    const master = await this.master();
    if (!views.every((view) => value(view, 'flags') === 'master' && value(view, 'port') === `${master.port}`))
      return false;
    const roles = (await Promise.all(this.servers.map((server) => server.cli('ROLE')))) as string[][];
    return this.servers.every((server, index) => {
      const [role, , port, link] = roles[index]!;
      return server === master ? role === 'master' : Number(port) === master.port && link === 'connected';
    });
  }

  async close(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    for (const server of this.servers) await server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Makes a Redis the replica of another one. */
export async function follow(replica: RedisServer, port: number): Promise<void> {
  await replica.cli('REPLICAOF', '127.0.0.1', String(port));
}

/** Resolves when a replica has what its master has. */
async function inStep(replica: RedisServer): Promise<void> {
  const connected = async () => ((await replica.cli('ROLE')) as string[])[3] === 'connected';
  await until('a replica to follow', connected, 20_000);
}

async function launch(port: number, master: number, folder: string): Promise<ChildProcess> {
  const file = join(folder, `${port}.conf`);
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${name} 127.0.0.1 ${master} 2`,
    `sentinel down-after-milliseconds ${name} ${downAfter}`,
    `sentinel failover-timeout ${name} 5000`,
  ];
  await writeFile(file, lines.join('\n'));
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  await once(child, 'spawn');
  child.unref();
  reap(child.pid!);
  return child;
}

async function knowsAll(port: number, replicas: number): Promise<boolean> {
  const answer = (await ask(port, 'master', name)) as string[];
  const value = (field: string) => Number(answer[answer.indexOf(field) + 1]);
  return value('num-other-sentinels') === 2 && value('num-slaves') === replicas;
}

async function ask(port: number, ...args: string[]): Promise<unknown> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null, protocol: 2 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await redis.call('SENTINEL', ...args);
  } finally {
    redis.disconnect();
  }
}
