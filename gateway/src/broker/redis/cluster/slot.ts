import { Subscriptions } from '../subscriptions.js';
import { Lane } from './lane.js';
import type { Master } from './master.js';

/** What a slot tells. */
export interface SlotEvents {
  /** `carried` may have changed. */
  changed(): void;
  /** Its master has refused a subscription, which will be tried again. */
  refused(slot: Slot, error: Error): void;
}

/** A slot that has names of ours: which master has it, what is subscribed there, and in which order it is published to. */
export class Slot {
  readonly number: number;
  readonly subscriptions: Subscriptions;
  readonly lane: Lane;
  #master: Master | undefined;

  /** @param patience how long a redirected command is sent again, in ms */
  constructor(number: number, patience: number, events: SlotEvents) {
    this.number = number;
    this.lane = new Lane(patience);
    this.subscriptions = new Subscriptions({
      send: (batch) => this.#master!.send(batch),
      progressed: () => this.#master?.progressed(),
      changed: () => events.changed(),
      refused: (error) => events.refused(this, error),
    });
  }

  /** Who has it; undefined while nobody is known to. */
  get master(): Master | undefined {
    return this.#master;
  }

  /** Its master answers, and everything wanted is confirmed there. */
  get carried(): boolean {
    return this.#master?.answers === true && this.subscriptions.subscribed;
  }

  /** Another master has it. Whatever is wanted is subscribed there. */
  moveTo(master: Master | undefined): void {
    this.#master = master;
    this.renew();
  }

  /** Subscribes to everything again, if its master listens. */
  renew(): void {
    this.subscriptions.lose();
    if (this.#master?.listening) this.subscriptions.begin();
  }
}
