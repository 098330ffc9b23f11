import { type Names, partitions } from '../names.js';
import type { RedisBrokerOptions } from '../options.js';
import { decodePayload } from '../payload.js';
import { slotOf } from './hash-slot.js';
import { Master } from './master.js';
import { redirectionOf } from './redirection.js';
import { Slot } from './slot.js';
import { type Address, Topology } from './topology.js';

/** What the shards tell. */
export interface ShardEvents {
  /** As ListenEvents.received. */
  received(channel: string, bytes: Buffer, position: string | null): void;
  /** `carried` may have changed. */
  changed(): void;
  /** Redis does not want us; the sentence is for the operator. */
  refused(sentence: string): void;
  /** A probe came back after this time, in seconds. */
  roundTrip(seconds: number): void;
}

/** Every slot with names of ours, every master that has one of them, and who has which. */
export class Shards {
  readonly #options: RedisBrokerOptions;
  readonly #names: Names;
  readonly #events: ShardEvents;
  readonly #topology: Topology;
  readonly #slots: ReadonlyMap<number, Slot>;
  readonly #masters = new Map<Address, Master>();
  /** Masters that have ended subscriptions since the last look, without a slot being known to have gone from them. */
  readonly #withdrawn = new Set<Master>();
  #closed = false;

  constructor(options: RedisBrokerOptions, names: Names, events: ShardEvents) {
    this.#options = options;
    this.#names = names;
    this.#events = events;
    this.#topology = new Topology(options, names, {
      looked: () => this.#looked(),
      moved: () => this.#assign(),
      refused: events.refused,
    });
    const numbers = new Set(this.#probeNames().map(slotOf));
    this.#slots = new Map([...numbers].map((number) => [number, this.#createSlot(number)]));
  }

  /** Every slot is. */
  get carried(): boolean {
    for (const slot of this.#slots.values()) if (!slot.carried) return false;
    return true;
  }

  open(): void {
    this.#topology.open();
  }

  /** @param number of a slot that has names of ours */
  slot(number: number): Slot {
    return this.#slots.get(number)!;
  }

  /** A master has failed to do what was asked of it in a slot. If it has pointed elsewhere, we look there. */
  redirected(slot: Slot, error: Error): void {
    const redirection = redirectionOf(error);
    if (redirection?.kind === 'moved') this.#topology.moved(slot.number, redirection.owner);
    else if (redirection !== undefined) this.#topology.refresh();
  }

  async close(reason: Error): Promise<void> {
    this.#closed = true;
    this.#topology.close();
    for (const slot of this.#slots.values()) slot.subscriptions.close(reason);
    await Promise.all([...this.#masters.values()].map((master) => master.close()));
  }

  /** One redis channel in each partition on which this gateway may hear itself. */
  #probeNames(): string[] {
    return Array.from({ length: partitions }, (_, number) =>
      this.#names.probe(this.#options.gateway, number),
    );
  }

  #createSlot(number: number): Slot {
    return new Slot(number, this.#options.timeout, {
      changed: () => this.#events.changed(),
      refused: (slot, error) => {
        if (redirectionOf(error) === undefined) slot.master?.complain(error);
        this.redirected(slot, error);
      },
    });
  }

  #looked(): boolean {
    this.#assign();
    // Nothing has gone, and yet it has ended subscriptions: which ones, ioredis does not tell.
    for (const master of this.#withdrawn) this.#renewSlots(master);
    this.#withdrawn.clear();
    return [...this.#slots.values()].every(({ master }) => master?.answers);
  }

  /** Brings slots and masters in step with the topology. */
  #assign(): void {
    if (this.#closed) return;
    for (const slot of this.#slots.values()) {
      const owner = this.#topology.ownerOf(slot.number);
      const master = owner === undefined ? slot.master : this.#master(owner);
      if (master === slot.master) continue;
      if (slot.master !== undefined) this.#withdrawn.delete(slot.master);
      slot.moveTo(master);
    }
    for (const [address, master] of this.#masters) this.#placeProbe(address, master);
    this.#events.changed();
  }

  #master(address: Address): Master {
    const known = this.#masters.get(address);
    if (known !== undefined) return known;
    const options = this.#topology.optionsOf(address);
    const subscribed = () => this.#slotsOf(master).every((slot) => slot.subscriptions.subscribed);
    const master: Master = new Master(options, this.#names, {
      ...{ subscribed, refused: this.#events.refused, roundTrip: this.#events.roundTrip },
      received: (name, payload) => this.#receive(master, name, payload),
      listening: () => this.#renewSlots(master),
      withdrew: () => {
        this.#withdrawn.add(master);
        this.#topology.refresh(address);
      },
      changed: () => {
        if (!master.answers) this.#topology.refresh();
        this.#events.changed();
      },
    });
    this.#masters.set(address, master);
    return master;
  }

  #renewSlots(master: Master): void {
    for (const slot of this.#slotsOf(master)) slot.renew();
  }

  #slotsOf(master: Master): Slot[] {
    return [...this.#slots.values()].filter((slot) => slot.master === master);
  }

  /** A master is probed in a slot of its own; one that has none any more is left. */
  #placeProbe(address: Address, master: Master): void {
    const has = (name: string) => this.slot(slotOf(name)).master === master;
    const { probeName } = master;
    if (probeName !== '' && has(probeName)) return;
    if (probeName !== '') this.slot(slotOf(probeName)).subscriptions.unwant(probeName);
    const name = this.#probeNames().find(has);
    if (name === undefined) {
      this.#masters.delete(address);
      void master.close();
      return;
    }
    // It rejects at close, when nobody cares any more.
    this.slot(slotOf(name))
      .subscriptions.want(name, undefined)
      .catch(() => {});
    if (probeName === '') master.open(name);
    else master.probeAt(name);
  }

  #receive(master: Master, name: string, payload: Buffer): void {
    const slot = this.#slots.get(slotOf(name));
    const channel = slot?.master === master ? slot.subscriptions.channelOf(name) : undefined;
    if (channel === undefined) return;
    const { bytes, position } = decodePayload(payload);
    this.#events.received(channel, bytes, position);
  }
}
