import {
  type Gateway,
  type GatewayOptions,
  type Secrets,
  startGateway,
  untilReady,
} from '@tabcast/loadtest/servers/gateway';
import { freePort, loadCore } from '@tabcast/loadtest/servers/program';
import { Haproxy } from '../programs/haproxy.js';

/** Last part of the first address in 127.0.0.0/24. The next gateway has the next; none is used twice, as with pods. */
const firstAddress = 11;

/** The same for all gateways, as in a cluster. */
type Ports = Pick<Gateway, 'port' | 'internalPort'>;

/** How a gateway has ended: its exit code, or the signal that has killed it. */
export type Ending = number | string;

/** One gateway, from its start to its end. */
export interface Replica extends Gateway {
  /** For instance `gateway 4`: it is the fourth that was started. */
  readonly name: string;
}

/** Gateways behind a real HAProxy, of which more can be started and any can be sent away, as a Deployment of Kubernetes does. */
export class Gateways {
  readonly balancer: Haproxy;
  /** How those have ended that are gone. */
  readonly endings: Ending[] = [];
  readonly #options: GatewayOptions;
  readonly #secrets: Secrets;
  readonly #ports: Ports;
  readonly #staying: Replica[] = [];
  readonly #leaving = new Set<Replica>();
  #started = 0;

  /** Resolves when so many are ready and the balancer sends tabs to them. */
  static async start(count: number, options: GatewayOptions, secrets: Secrets): Promise<Gateways> {
    const ports = { port: await freePort(), internalPort: await freePort() };
    const balancer = await Haproxy.start({ ...ports, addresses: [] }, loadCore);
    const gateways = new Gateways(balancer, ports, options, secrets);
    try {
      await Promise.all(Array.from({ length: count }, () => gateways.add()));
      await balancer.untilServing(count);
      return gateways;
    } catch (error) {
      await gateways.stop();
      throw error;
    }
  }

  private constructor(balancer: Haproxy, ports: Ports, options: GatewayOptions, secrets: Secrets) {
    this.balancer = balancer;
    this.#ports = ports;
    this.#options = options;
    this.#secrets = secrets;
  }

  /** Those that shall stay, oldest first; the last of them may not be ready yet. */
  get staying(): readonly Replica[] {
    return [...this.#staying];
  }

  /** Those too that are on their way out. */
  get all(): readonly Replica[] {
    return [...this.#leaving, ...this.#staying];
  }

  /** Starts one more. Resolves when it is ready; the balancer finds it by itself. */
  async add(): Promise<void> {
    const number = this.#started++;
    const at = { ...this.#ports, host: `127.0.0.${firstAddress + number}` };
    const gateway = await startGateway({ ...this.#options, at }, this.#secrets);
    const replica = { ...gateway, name: `gateway ${number + 1}` };
    this.#staying.push(replica);
    this.#point();
    await untilReady(replica);
  }

  /** Sends one away. Resolves when it has ended; until then it has its address, as in Docker. */
  async remove(replica: Replica, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#staying.splice(this.#staying.indexOf(replica), 1);
    this.#leaving.add(replica);
    process.kill(replica.pid, signal);
    this.endings.push(await replica.program.exited);
    this.#leaving.delete(replica);
    this.#point();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(({ program }) => program.stop()));
    await this.balancer.stop();
  }

  #point(): void {
    this.balancer.point(this.all.map(({ host }) => host));
  }
}
