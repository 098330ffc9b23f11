import { BrokerUnavailable } from '../../broker.js';
import type { Names } from '../names.js';
import type { RedisBrokerOptions } from '../options.js';
import { RegistryConnection, type RegistryLink, type RegistryRedis } from '../registry-connection.js';
import { slotOf } from './hash-slot.js';
import { Lane } from './lane.js';
import { redirectionOf } from './redirection.js';
import { type Address, Topology } from './topology.js';

/** The connections that keep the registry, one to each master that has keys of it. */
export class RegistryConnections implements RegistryLink {
  readonly #names: Names;
  readonly #timeout: number;
  readonly #refused: (sentence: string) => void;
  readonly #topology: Topology;
  readonly #connections = new Map<Address, RegistryConnection>();
  readonly #lanes: ReadonlyMap<number, Lane>;
  #ready = () => {};
  #closed = false;

  /** @param refused gets the sentence for the operator when Redis does not want us */
  constructor(options: RedisBrokerOptions, names: Names, refused: (sentence: string) => void) {
    this.#names = names;
    this.#timeout = options.timeout;
    this.#refused = refused;
    this.#topology = new Topology(options, names, {
      looked: () => {
        this.#assign();
        return this.#connected;
      },
      moved: () => this.#assign(),
      refused,
    });
    const keys = [names.leases, ...names.presences().map(({ online }) => online)];
    this.#lanes = new Map(keys.map((key) => [slotOf(key), new Lane(this.#timeout)]));
  }

  /** @param ready called when every master is connected */
  open(ready: () => void): void {
    this.#ready = ready;
    this.#topology.open();
  }

  run<T>(key: string, command: (redis: RegistryRedis) => Promise<T>): Promise<T> {
    const slot = slotOf(key);
    return this.#lanes.get(slot)!.run(async () => {
      const connection = this.#connectionOf(slot);
      if (connection === undefined) throw new BrokerUnavailable('nobody has the slot');
      return connection.run(key, command).catch((error) => this.#redirect(slot, error));
    });
  }

  replace(): void {
    for (const connection of this.#connections.values()) connection.replace();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#topology.close();
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  #connectionOf(slot: number): RegistryConnection | undefined {
    const owner = this.#topology.ownerOf(slot);
    return owner === undefined ? undefined : this.#connections.get(owner);
  }

  #redirect(slot: number, error: Error): never {
    const redirection = redirectionOf(error);
    if (redirection?.kind === 'moved') this.#topology.moved(slot, redirection.owner);
    else if (redirection !== undefined) this.#topology.refresh();
    throw error;
  }

  /** Opens connections to new masters, and closes those to masters that have none of our slots any more. */
  #assign(): void {
    if (this.#closed) return;
    const owners = new Set([...this.#lanes.keys()].map((slot) => this.#topology.ownerOf(slot)));
    for (const owner of owners)
      if (owner !== undefined && !this.#connections.has(owner)) this.#connect(owner);
    for (const [address, connection] of this.#connections) {
      if (owners.has(address)) continue;
      this.#connections.delete(address);
      void connection.close();
    }
  }

  #connect(address: Address): void {
    const options = this.#topology.optionsOf(address);
    const connection = new RegistryConnection(options, this.#names, this.#refused);
    this.#connections.set(address, connection);
    connection.open(() => this.#settle());
  }

  #settle(): void {
    if (this.#connected) this.#ready();
  }

  get #connected(): boolean {
    return [...this.#lanes.keys()].every((slot) => this.#connectionOf(slot)?.connected);
  }
}
