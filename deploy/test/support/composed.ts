import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, loadCore, Program } from '@tabcast/loadtest/servers/program';
import { exchanged } from '../../src/programs/exchanged.js';
import { Haproxy } from '../../src/programs/haproxy.js';
import { told } from '../../src/programs/installed.js';
import { root } from '../../src/programs/repository.js';
import { type Composition, composition, freshSecrets, type Service } from './composition.js';

/** Of gateways, as containers have them. */
const addresses = ['127.0.73.1', '127.0.73.2'];

/** What docker-compose.yml would run, but for the monitoring: as processes of this machine, with the same commands and variables. */
export class Composed {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tabcast-composed-'));
  readonly #programs: Program[] = [];
  #services: Composition['services'] = composition(freshSecrets()).services;
  #balancer: Haproxy | undefined;
  /** As pages say where they are from. */
  readonly origins = { chat: '', shop: '' };

  static async start(): Promise<Composed> {
    const composed = new Composed();
    try {
      await composed.#start();
    } catch (error) {
      await composed.stop();
      throw error;
    }
    return composed;
  }

  /** Where tabs connect. */
  get socketUrl(): string {
    return `ws://127.0.0.1:${this.#balancer!.port}/ws`;
  }

  service(name: string): Service {
    return this.#services[name]!;
  }

  async stop(): Promise<void> {
    await this.#balancer?.stop();
    for (const program of this.#programs.reverse()) await program.stop();
    rmSync(this.#folder, { recursive: true });
  }

  async #start(): Promise<void> {
    const [redis, chat, shop] = [await freePort(), await freePort(), await freePort()] as const;
    this.origins.chat = `http://localhost:${chat}`;
    this.origins.shop = `http://localhost:${shop}`;
    this.#exchange({
      'localhost:8082': `localhost:${chat}`,
      '127.0.0.1:8082': `127.0.0.1:${chat}`,
      'chat:8082': `127.0.0.1:${chat}`,
      'localhost:8083': `localhost:${shop}`,
      'shop:8000': `127.0.0.1:${shop}`,
      '0.0.0.0:8000': `127.0.0.1:${shop}`,
      '127.0.0.1:8000': `127.0.0.1:${shop}`,
      'redis:6379': `127.0.0.1:${redis}`,
      '/etc/redis/redis.conf': join(root, 'deploy/redis/redis.conf'),
      requirepass: `bind 127.0.0.1\\nport ${redis}\\ndir ${this.#folder}\\nrequirepass`,
      '10.213.71.2': '127.0.0.1',
      '/srv/chat': join(root, 'examples/chat'),
      '/srv/shop': join(root, 'examples/php'),
    });
    this.#run('redis', this.service('redis').command!);
    await this.#startGateways();
    this.#exchange({
      'localhost:8080': `127.0.0.1:${this.#balancer!.port}`,
      'balancer:8081': `127.0.0.1:${this.#balancer!.internalPort}`,
    });
    this.#run('chat', ['node', join(root, 'examples/chat/server.js')], { CHAT_PORT: String(chat) });
    // No init is here to end its workers with it.
    this.#run('shop', told(...this.service('shop').command!), {
      PHP_CLI_SERVER_WORKERS: '1',
      TMPDIR: this.#folder,
    });
    for (const origin of Object.values(this.origins)) await this.#answers(origin);
  }

  async #startGateways(): Promise<void> {
    const [port, internalPort] = [await freePort(), await freePort()];
    for (const address of addresses)
      this.#run('gateway', ['node', join(root, 'gateway/bin/tabcast.js'), 'start'], {
        TABCAST_PUBLIC_HOST: address,
        TABCAST_PUBLIC_PORT: String(port),
        TABCAST_INTERNAL_HOST: address,
        TABCAST_INTERNAL_PORT: String(internalPort),
        // Fewer open files than a container has.
        TABCAST_MAX_TABS: '1000',
        // The tests do not wait for tabs to go.
        TABCAST_DRAIN_LAME_DUCK: '0',
        TABCAST_DRAIN_WINDOW: '0',
      });
    for (const address of addresses) await this.#answers(`http://${address}:${internalPort}/readyz`);
    this.#balancer = await Haproxy.start({ addresses, port, internalPort }, loadCore);
  }

  #run(service: string, command: readonly string[], more: Readonly<Record<string, string>> = {}): void {
    const environment = { ...this.service(service).environment, ...more };
    this.#programs.push(new Program(loadCore, command, environment));
  }

  /** Resolves when the program that was started last, or one before it, answers there. */
  async #answers(url: string): Promise<void> {
    await this.#programs.at(-1)!.until(`an answer of ${url}`, async () => {
      const answer = await fetch(url).catch(() => undefined);
      return answer?.ok || undefined;
    });
  }

  #exchange(places: Readonly<Record<string, string>>): void {
    this.#services = JSON.parse(exchanged(JSON.stringify(this.#services), places));
  }
}
