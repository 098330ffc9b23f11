import { Backoff } from './backoff.js';
import { clientError, TabcastError } from './error.js';
import type { Surroundings } from './surroundings.js';

/** Who does not look at a promise has the error callback of the action, and is spared unhandled rejections. */
const ignored = () => {};

/** A group that the tab wants to be in. */
interface Wish {
  readonly joined: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: TabcastError) => void;
}

/** What groups ask of the tab. */
export interface GroupsTab {
  /** Groups that the tab is in; undefined without a connection. */
  readonly current: readonly string[] | undefined;
  /** Sends a request; rejects with a TabcastError. */
  ask(action: string, group: string): Promise<void>;
  /** Takes the refusal of a group that the tab was in or wanted to be in. */
  refused(group: string, error: TabcastError): void;
}

/** Groups that the tab joins by itself. They end with each connection, and are joined again on the next one. */
export class Groups {
  readonly #world: Surroundings;
  readonly #tab: GroupsTab;
  readonly #wishes = new Map<string, Wish>();
  readonly #backoff: Backoff;
  #cancelRetry: () => void = ignored;

  constructor(world: Surroundings, tab: GroupsTab) {
    this.#world = world;
    this.#tab = tab;
    this.#backoff = new Backoff(world);
  }

  /** Those that the tab is to be in. */
  get wished(): string[] {
    return [...this.#wishes.keys()];
  }

  /** Resolves when everything sent to the group arrives. Rejects where the gateway does not permit it. */
  join(group: string): Promise<void> {
    const wish = this.#wishes.get(group) ?? this.#wish(group);
    return wish.joined;
  }

  /** Resolves when nothing sent to the group arrives any more. */
  leave(group: string): Promise<void> {
    this.left(group)?.reject(new TabcastError('sys/join', 410, 'left'));
    const left = this.#tab.current === undefined ? Promise.resolve() : this.#tab.ask('sys/leave', group);
    left.catch(ignored);
    return left;
  }

  /** The tab is not in the group, and not to join it again. */
  left(group: string): Wish | undefined {
    const wish = this.#wishes.get(group);
    this.#wishes.delete(group);
    return wish;
  }

  /** Asks for every group that the tab is not in. */
  ask(): void {
    const { current } = this.#tab;
    if (current === undefined) return;
    for (const [group, wish] of this.#wishes)
      if (current.includes(group)) wish.resolve();
      else this.#ask(group, wish);
  }

  /** The connection is lost. The next one begins with `ask`. */
  stop(): void {
    this.#cancelRetry();
    this.#backoff.reset();
    // Who joins now is to know when the group is live again, and who waits still does.
    for (const [group, { resolve, reject }] of this.#wishes) this.#wish(group).joined.then(resolve, reject);
  }

  /** There will be no connection any more. */
  closed(): void {
    this.stop();
    for (const group of this.#wishes.keys()) this.left(group)!.reject(clientError('sys/join', 499));
  }

  #wish(group: string): Wish {
    let [resolve, reject]: [Wish['resolve'], Wish['reject']] = [ignored, ignored];
    const joined = new Promise<void>((...ways) => {
      [resolve, reject] = ways;
    });
    joined.catch(ignored);
    const wish = { joined, resolve, reject };
    this.#wishes.set(group, wish);
    if (this.#tab.current !== undefined) this.#ask(group, wish);
    return wish;
  }

  #ask(group: string, wish: Wish): void {
    this.#tab
      .ask('sys/join', group)
      .then(
        wish.resolve,
        (error: TabcastError) => this.#wishes.get(group) === wish && this.#failed(group, wish, error),
      );
  }

  #failed(group: string, wish: Wish, error: TabcastError): void {
    const { code } = error;
    // Late, too much at once, without a broker.
    if (code === 408 || code === 429 || code >= 500) {
      this.#cancelRetry();
      this.#cancelRetry = this.#world.after(this.#backoff.next(), () => this.ask());
    } else {
      this.left(group);
      wish.reject(error);
      this.#tab.refused(group, error);
    }
  }
}
