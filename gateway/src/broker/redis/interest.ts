/** Most names in one SUBSCRIBE or UNSUBSCRIBE. A larger command would hold up Redis for everyone else. */
const batchSize = 512;

/** One command for the listen connection. */
export interface Batch {
  readonly verb: 'subscribe' | 'unsubscribe';
  readonly names: readonly string[];
}

/**
 * What we want to hear, and what Redis has confirmed that we do. Decides which command comes next; sends none.
 *
 *     absent ── next ──▶ asked ── confirm ──▶ carried
 *        ▲                                       │ nobody wants it for the linger time, next
 *        └───────────────────────────────────────┘
 *
 * Only one command is under way at a time, so a SUBSCRIBE can never overtake the UNSUBSCRIBE of the same name. What is
 * wanted again while its UNSUBSCRIBE is under way is absent already, and asked for by the next command.
 * Times are milliseconds of any steady clock.
 */
export class Interest {
  readonly #linger: number;
  readonly #entries = new Map<string, Entry>();
  /** Wanted and absent. */
  readonly #missing = new Set<string>();
  /** Carried, but not wanted since then; the longest first. */
  readonly #lingering = new Map<string, number>();
  #underWay: Batch | undefined;
  #closed: Error | undefined;

  /** @param linger how long a name stays subscribed after it was last wanted, in ms */
  constructor(linger: number) {
    this.#linger = linger;
  }

  /** Everything wanted is confirmed. */
  get complete(): boolean {
    return this.#missing.size === 0 && this.#underWay?.verb !== 'subscribe';
  }

  /** When `next` will have something to unsubscribe; undefined when nothing lingers, or a command is under way. */
  get due(): number | undefined {
    if (this.#underWay !== undefined) return undefined;
    const [since] = this.#lingering.values();
    return since === undefined ? undefined : since + this.#linger;
  }

  /** The channel behind a redis channel; undefined for what is not known and for what was wanted without one. */
  channelOf(name: string): string | undefined {
    return this.#entries.get(name)?.channel;
  }

  /** Resolves when Redis has confirmed the name; rejects when that will never be. */
  want(name: string, channel: string | undefined): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const entry = this.#entries.get(name) ?? this.#add(name, channel);
    entry.wanted = true;
    this.#lingering.delete(name);
    if (entry.state === 'absent') this.#missing.add(name);
    entry.waiter ??= new Waiter();
    const { promise } = entry.waiter;
    if (entry.state === 'carried') satisfy(entry);
    return promise;
  }

  /** Ends the wait of whoever wanted it. */
  unwant(name: string, now: number): void {
    const entry = this.#entries.get(name);
    if (!entry?.wanted) return;
    entry.wanted = false;
    satisfy(entry);
    this.#missing.delete(name);
    if (entry.state === 'carried') this.#lingering.set(name, now);
    if (entry.state === 'absent' && !this.#underWay?.names.includes(name)) this.#entries.delete(name);
  }

  /** The next command, to be followed by `confirm`, `refuse` or `lose`. Undefined when there is none, or one is under way. */
  next(now: number): Batch | undefined {
    if (this.#underWay !== undefined) return undefined;
    this.#underWay = this.#nextSubscribe() ?? this.#nextUnsubscribe(now);
    return this.#underWay;
  }

  /** Redis has done what the command under way asks. */
  confirm(now: number): void {
    const { verb, names } = this.#take();
    for (const name of names) {
      if (verb === 'subscribe') this.#carry(name, now);
      else this.#dismiss(name);
    }
  }

  /** Redis has refused the command under way, and nothing has changed there. */
  refuse(now: number): void {
    const { verb, names } = this.#take();
    for (const name of names) {
      if (verb === 'subscribe') this.#dismiss(name);
      else this.#carry(name, now);
    }
  }

  /** The connection is gone, and every subscription with it. */
  lose(): void {
    this.#underWay = undefined;
    this.#lingering.clear();
    for (const name of this.#entries.keys()) this.#dismiss(name);
  }

  /** Whoever waits is rejected, now and from now on. */
  close(reason: Error): void {
    this.#closed = reason;
    for (const entry of this.#entries.values()) entry.waiter?.reject(reason);
    this.#entries.clear();
    this.#missing.clear();
    this.#lingering.clear();
  }

  #add(name: string, channel: string | undefined): Entry {
    const entry: Entry = { channel, wanted: true, state: 'absent', waiter: undefined };
    this.#entries.set(name, entry);
    return entry;
  }

  #nextSubscribe(): Batch | undefined {
    const names = first(this.#missing, () => true);
    for (const name of names) {
      this.#missing.delete(name);
      this.#entries.get(name)!.state = 'asked';
    }
    return names.length > 0 ? { verb: 'subscribe', names } : undefined;
  }

  #nextUnsubscribe(now: number): Batch | undefined {
    const names = first(this.#lingering.keys(), (name) => now - this.#lingering.get(name)! >= this.#linger);
    for (const name of names) {
      this.#lingering.delete(name);
      this.#entries.get(name)!.state = 'absent';
    }
    return names.length > 0 ? { verb: 'unsubscribe', names } : undefined;
  }

  #take(): Batch {
    const batch = this.#underWay;
    if (batch === undefined) throw new Error('no command is under way');
    this.#underWay = undefined;
    return batch;
  }

  #carry(name: string, now: number): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.state = 'carried';
    this.#missing.delete(name);
    if (entry.wanted) satisfy(entry);
    else this.#lingering.set(name, now);
  }

  /** Not carried: asked for again while wanted, else forgotten. */
  #dismiss(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.state = 'absent';
    if (entry.wanted) this.#missing.add(name);
    else this.#entries.delete(name);
  }
}

interface Entry {
  readonly channel: string | undefined;
  wanted: boolean;
  state: 'absent' | 'asked' | 'carried';
  waiter: Waiter | undefined;
}

class Waiter {
  resolve!: () => void;
  reject!: (reason: Error) => void;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

function satisfy(entry: Entry): void {
  entry.waiter?.resolve();
  entry.waiter = undefined;
}

function first(names: Iterable<string>, accept: (name: string) => boolean): string[] {
  const taken: string[] = [];
  for (const name of names) {
    if (taken.length === batchSize || !accept(name)) break;
    taken.push(name);
  }
  return taken;
}
