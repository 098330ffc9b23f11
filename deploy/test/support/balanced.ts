import { afterEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { GatewayProcess } from '@tabcast/gateway/testing/gateway';
import { PerTest } from '@tabcast/gateway/testing/per-test';
import { TestTab, tokenFor } from '@tabcast/gateway/testing/tab';
import { freePort } from '@tabcast/loadtest/servers/program';
import type { Behind } from '../../src/programs/haproxy.js';

/** A real load balancer. */
export interface Balancer {
  /** For tabs. */
  readonly port: number;
  /** For backends. */
  readonly internalPort: number;
  stop(): Promise<void>;
}

const handlers = fileURLToPath(import.meta.resolve('@tabcast/gateway/testing/application'));

/** Gateways that differ in their address only, behind a balancer; for each test of the suite that asks for it. */
export class Balanced<B extends Balancer> {
  readonly #cluster = new PerTest({ HANDLERS: handlers, TRUSTED_PROXIES: '127.0.0.1' });
  readonly #start: (behind: Behind) => Promise<B>;
  readonly #gateways = new Map<string, GatewayProcess>();
  #balancer: B | undefined;
  #ports: Pick<Behind, 'port' | 'internalPort'> | undefined;

  constructor(start: (behind: Behind) => Promise<B>) {
    this.#start = start;
    afterEach(async () => {
      await this.#balancer?.stop();
      this.#balancer = undefined;
      this.#ports = undefined;
      this.#gateways.clear();
    });
  }

  /** Starts gateways at these addresses, and the balancer in front of them. */
  async start(addresses: readonly string[], options: Record<string, string> = {}): Promise<B> {
    for (const address of addresses) await this.add(address, options);
    this.#balancer = await this.#start({ addresses, ...this.#ports! });
    return this.#balancer;
  }

  /** Starts one more gateway, of which the balancer is not told. */
  async add(address: string, options: Record<string, string> = {}): Promise<GatewayProcess> {
    this.#ports ??= { port: await freePort(), internalPort: await freePort() };
    const gateway = await this.#cluster.start({
      PUBLIC_HOST: address,
      INTERNAL_HOST: address,
      PUBLIC_PORT: String(this.#ports.port),
      INTERNAL_PORT: String(this.#ports.internalPort),
      ...options,
    });
    this.#gateways.set(gateway.id, gateway);
    return gateway;
  }

  /** Where tabs connect. */
  get socketUrl(): string {
    return `ws://127.0.0.1:${this.#balancer!.port}/ws`;
  }

  /** Opens a tab of a user through the balancer, and waits for its welcome. */
  async open(user: string): Promise<TestTab> {
    const tab = this.keep(TestTab.connect(this.socketUrl, { token: await tokenFor(user) }));
    await tab.welcome();
    return tab;
  }

  /** Opens so many tabs, one after the other. */
  async openMany(count: number): Promise<TestTab[]> {
    const tabs: TestTab[] = [];
    for (let n = 0; n < count; n++) tabs.push(await this.open(`user-${n}`));
    return tabs;
  }

  /** Sees to it that a tab ends with the test. */
  keep(tab: TestTab): TestTab {
    return this.#cluster.keep(tab);
  }

  /** The gateway that holds a tab. */
  holderOf(tab: TestTab): GatewayProcess {
    return this.#gateways.get(tab.connection.split('-')[0]!)!;
  }
}
