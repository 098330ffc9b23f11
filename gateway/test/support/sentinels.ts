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

/** Two Redis, one the master of the other, and three Sentinels that watch over them. */
export class Sentinels {
  readonly servers: readonly [RedisServer, RedisServer];
  readonly #processes: readonly ChildProcess[];
  readonly #ports: readonly number[];
  readonly #folder: string;

  private constructor(
    servers: readonly [RedisServer, RedisServer],
    ports: readonly number[],
    processes: readonly ChildProcess[],
    folder: string,
  ) {
    this.servers = servers;
    this.#ports = ports;
    this.#processes = processes;
    this.#folder = folder;
  }

  /** Starts all five; resolves when every Sentinel knows the others and the replica, so that a failover can be agreed on. */
  static async start(): Promise<Sentinels> {
    const master = await startRedis();
    const replica = await startRedis();
    await replica.cli('REPLICAOF', '127.0.0.1', String(master.port));
    const folder = await mkdtemp(join(tmpdir(), 'tabcast-sentinels-'));
    const ports = [await freePort(), await freePort(), await freePort()];
    const processes = await Promise.all(ports.map((port) => launch(port, master.port, folder)));
    const sentinels = new Sentinels([master, replica], ports, processes, folder);
    for (const port of ports) await until('the Sentinels to agree', () => knowsAll(port));
    return sentinels;
  }

  /** As the option redis-url takes it. */
  get url(): string {
    return `redis+sentinel://${this.#ports.map((port) => `127.0.0.1:${port}`).join()}/${name}`;
  }

  /** The server that the Sentinels call master now. */
  async master(): Promise<RedisServer> {
    const [, port] = (await ask(this.#ports[0]!, 'get-master-addr-by-name', name)) as [string, string];
    return this.servers.find((server) => server.port === Number(port))!;
  }

  /** Resolves when the Sentinels have made the other one the master. */
  async failedOver(from: RedisServer): Promise<RedisServer> {
    await until('a failover', async () => (await this.master()) !== from);
    return this.master();
  }

  /** Makes the other one the master while both are well; resolves when the old one follows it. */
  async switchOver(): Promise<RedisServer> {
    const old = await this.master();
    await until('the Sentinels to begin', () => ask(this.#ports[0]!, 'failover', name), 20_000);
    const master = await this.failedOver(old);
    await until(
      'the old master to follow',
      async () => ((await old.cli('ROLE')) as string[])[3] === 'connected',
      20_000,
    );
    return master;
  }

  /** Ends one of the Sentinels without a goodbye. */
  async killOne(): Promise<void> {
    const child = this.#processes[2]!;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    for (const server of this.servers) await server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
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

async function knowsAll(port: number): Promise<boolean> {
  const answer = (await ask(port, 'master', name)) as string[];
  const value = (field: string) => Number(answer[answer.indexOf(field) + 1]);
  return value('num-other-sentinels') === 2 && value('num-slaves') === 1;
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
