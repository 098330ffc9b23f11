import type { TestContext } from 'node:test';
import { userChannel } from '@tabcast/shared';
import { MemoryBus } from '../../src/broker/memory/bus.js';
import { createMemoryRegistry } from '../../src/broker/memory/registry.js';
import type { Registry } from '../../src/broker/registry.js';
import { OnlineEvents } from '../../src/cluster/online-events.js';
import { CapturedLog } from '../support/captured-log.js';

/** How long a user is without a tab before it is offline, in ms. */
export const delay = 5000;

/** Gateways on one memory bus, and a clock that a test turns. */
export class OnlineWorld {
  /** Everything that any gateway has told the backend, in order. */
  told: string[] = [];
  now = 0;
  readonly bus = new MemoryBus(() => this.now);
  readonly #timers: TestContext['mock']['timers'];

  constructor(t: TestContext) {
    this.#timers = t.mock.timers;
    this.#timers.enable({ apis: ['setTimeout'] });
  }

  gateways(...ids: string[]): OnlineGateway[] {
    return ids.map((id) => new OnlineGateway(id, this));
  }

  /** Lets time pass, in ms, and what is due happen. */
  pass(ms: number): Promise<void> {
    this.now += ms;
    this.#timers.tick(ms);
    return settled();
  }
}

/** A gateway as far as presence is concerned: tabs per user, subscriptions on the bus, and a registry that can fail. */
export class OnlineGateway {
  readonly id: string;
  readonly registry: Registry;
  readonly events: OnlineEvents;
  readonly #bus: MemoryBus;
  readonly #tabs = new Map<string, number>();
  readonly #receive = () => {};

  constructor(id: string, world: OnlineWorld) {
    this.id = id;
    this.#bus = world.bus;
    this.registry = createMemoryRegistry(world.bus);
    void this.registry.start();
    this.events = new OnlineEvents({
      gateway: id,
      registry: this.registry,
      isHere: (user) => this.#tabs.has(user),
      tell: (user, online) => world.told.push(`${user} ${online ? 'on' : 'off'}`),
      offlineDelay: delay,
      now: () => world.now,
      log: new CapturedLog().log,
    });
  }

  open(user: string): void {
    this.#tabs.set(user, (this.#tabs.get(user) ?? 0) + 1);
    this.#bus.join(userChannel(user), this.#receive);
    this.events.came(user);
  }

  close(user: string): void {
    const left = this.#tabs.get(user)! - 1;
    if (left > 0) this.#tabs.set(user, left);
    else this.#forget(user);
    this.events.went(user);
  }

  /** Its process ends: nobody is told anything. */
  end(): void {
    for (const user of this.#tabs.keys()) this.#forget(user);
    void this.events.close();
  }

  #forget(user: string): void {
    this.#tabs.delete(user);
    this.#bus.leave(userChannel(user), this.#receive);
  }
}

/** Lets promises that are ready run on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a beat answers while these are alive. */
export function roster(...gateways: OnlineGateway[]): { gateway: string }[] {
  return gateways.map(({ id }) => ({ gateway: id }));
}
