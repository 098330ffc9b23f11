import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { reap } from './reap.js';
import { until } from './until.js';

/** Starts a Redis of its own: a free port of 127.0.0.1, an empty folder, nothing persisted unless `settings` say so. */
export async function startRedis(settings: Record<string, string> = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tabcast-redis-'));
  const server = new RedisServer(await freePort(), folder, settings);
  await server.restart();
  return server;
}

/** A real Redis, whose faults are verbs. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: Record<string, string>;
  #process: ChildProcess | undefined;
  #reaper: ChildProcess | undefined;

  constructor(port: number, folder: string, settings: Record<string, string>) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it without a goodbye; its port refuses connections when this resolves. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    this.#reaper?.kill('SIGKILL');
    const gone = once(child, 'exit');
    child.ref();
    child.kill('SIGKILL');
    await gone;
  }

  /** Starts it on its old port with its old folder, for this time with `more` settings; resolves when it answers. */
  async restart(more: Record<string, string> = {}): Promise<void> {
    await this.kill();
    const settings = {
      ...{ port: String(this.port), bind: '127.0.0.1', dir: this.#folder, save: '' },
      ...{ ...this.#settings, ...more },
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    await once(child, 'spawn');
    child.unref();
    this.#process = child;
    this.#reaper = reap(child.pid!);
    await until('redis-server to answer', () => this.cli('PING'));
  }

  /** Resolves when a replica follows it. */
  async followed(): Promise<void> {
    await until('a replica to follow', async () =>
      String(await this.cli('INFO', 'replication')).includes('state=online'),
    );
  }

  /** Freezes it: the kernel goes on taking bytes for it, but it answers nothing. */
  stop(): void {
    this.#process?.kill('SIGSTOP');
  }

  /** Lets it go on where it was. */
  cont(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Takes the end off its log (`appendonly`), as a machine does that dies before it has written. To be called while it is dead. */
  async tear(bytes: number): Promise<void> {
    const folder = join(this.#folder, 'appendonlydir');
    const log = (await readdir(folder)).find((name) => name.endsWith('.incr.aof'))!;
    const { size } = await stat(join(folder, log));
    await truncate(join(folder, log), size - bytes);
  }

  /** CONFIG SET. */
  async config(name: string, value: string): Promise<void> {
    await this.cli('CONFIG', 'SET', name, value);
  }

  /** Breaks all connections to it. */
  async cutOff(): Promise<void> {
    await this.cli('CLIENT', 'KILL', 'SKIPME', 'yes');
  }

  /** Says more to each gateway at once than it allows subscribers to leave unread, so that it closes their connections. */
  async floodSubscribers(): Promise<void> {
    await this.config('client-output-buffer-limit', 'pubsub 32kb 0 0');
    const names = (await this.cli('PUBSUB', 'CHANNELS', '*:probe:*')) as string[];
    for (const name of names) await this.cli('PUBLISH', name, Buffer.alloc(2 ** 16));
    await this.config('client-output-buffer-limit', 'pubsub 32mb 8mb 60');
  }

  /** Forgets all keys with such names, as an eviction would. @param pattern as KEYS takes it */
  async forget(pattern: string): Promise<void> {
    const names = (await this.cli('KEYS', pattern)) as string[];
    if (names.length > 0) await this.cli('DEL', ...names);
  }

  /** One command over a connection of its own, as the default user. */
  async cli(command: string, ...args: (string | Buffer)[]): Promise<unknown> {
    const redis = new Redis({ port: this.port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null });
    redis.on('error', () => {});
    try {
      await redis.connect();
      return await redis.call(command, ...args);
    } finally {
      redis.disconnect();
    }
  }

  /** Who is connected to it, by the names that gateways give their connections, sorted: `<prefix>:<gateway>:<role>`. */
  async connections(): Promise<string[]> {
    const list = String(await this.cli('CLIENT', 'LIST'));
    return [...list.matchAll(/ name=(\S+:\w+) /g)].map(([, name]) => name!).sort();
  }

  /** How many connections it has ever taken, the one that asks among them. */
  async connectionsReceived(): Promise<number> {
    const info = String(await this.cli('INFO', 'stats'));
    return Number(/total_connections_received:(\d+)/.exec(info)![1]);
  }

  /** These gateways have one connection of each role, and others none: nothing was left behind. */
  async expectConnections(gateways: readonly { id: string }[]): Promise<void> {
    const roles = ['command', 'listen', 'registry'];
    const expected = gateways.flatMap(({ id }) => roles.map((role) => `tabcast:${id}:${role}`)).sort();
    await until('one connection of each role', async () =>
      isDeepStrictEqual(await this.connections(), expected),
    ).catch(() => {});
    assert.deepEqual(await this.connections(), expected);
  }

  /** Ends it and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
