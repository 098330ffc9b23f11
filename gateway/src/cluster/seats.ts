import { gatewayOf, userChannel } from '@tabcast/shared';
import { isBrokerFailure } from '../broker/broker.js';
import { gatewayChannel } from '../fanout/plan.js';
import type { Counters } from '../metrics/counters.js';
import { isConnectionId } from './fields.js';
import type { AskSeat } from './order.js';
import type { Orders } from './orders.js';
import type { Questions } from './questions.js';

export interface SeatRules {
  /** Tabs that one user may have in the cluster; 0: any number. */
  readonly maxTabsPerUser: number;
  /** Who has to go when there is one too many: the newcomer, or the oldest tab. */
  readonly maxTabsPolicy: 'reject' | 'close-oldest';
  /** Whether the cap is only counted. */
  readonly limitsDryRun: boolean;
}

export interface SeatParts {
  readonly orders: Pick<Orders, 'send' | 'on'>;
  readonly questions: Pick<Questions, 'ask' | 'answer'>;
  readonly counters: Counters;
  /** A clock in ms since the epoch. */
  readonly now: () => number;
}

/** A tab that has its seat, and since when, in ms since the epoch by the clock of its gateway. */
type Seat = readonly [connection: string, since: number];

/**
 * Holds every user to so many tabs in the cluster, without a count that could go wrong: nobody keeps one.
 *
 * A tab asks on the channel of its user. All gateways that hold the user hear all who ask in one order, and answer each
 * with those of their tabs whose asking they have heard before. So of two tabs that come at the same moment the later one
 * always sees the earlier one, whichever gateways they are on. See docs/decisions/0013.
 */
export class Seats {
  readonly #parts: SeatParts;
  readonly #rules: SeatRules;
  /** By the channel of the user the tabs of this gateway, with the moment of their seat: undefined while they ask. */
  readonly #tabs = new Map<string, Map<string, number | undefined>>();

  constructor(parts: SeatParts, rules: SeatRules) {
    this.#parts = parts;
    this.#rules = rules;
    parts.orders.on('seat', (question, channel) => this.#heard(question, channel));
  }

  /**
   * Asks for the seat of a tab, and says whether there is one. To be called when the broker has confirmed the channel of
   * its user. When the answer cannot be had for certain, it is yes. Whoever asked has to `leave`, whatever was said.
   */
  async take(user: string, connection: string): Promise<boolean> {
    const { maxTabsPerUser: cap, maxTabsPolicy } = this.#rules;
    if (cap === 0) return true;
    const channel = userChannel(user);
    this.#note(channel, connection);
    const others = await this.#others(channel, connection);
    // A later one shall see this tab even though its own gateway did not hear it ask.
    this.#seat(channel, connection);
    const excess = others.length + 1 - cap;
    const stayed = this.#tabs.get(channel)?.has(connection) ?? false;
    if (excess <= 0 || !stayed || !this.#matters()) return true;
    if (maxTabsPolicy === 'reject') return false;
    await this.#replace(others.toSorted(byAge).slice(0, excess));
    return true;
  }

  /** A tab has gone. */
  leave(user: string, connection: string): void {
    const channel = userChannel(user);
    const tabs = this.#tabs.get(channel);
    if (tabs?.delete(connection) && tabs.size === 0) this.#tabs.delete(channel);
  }

  #heard(question: AskSeat, channel: string): void {
    const here = [...(this.#tabs.get(channel) ?? [])];
    const seats = here.filter((tab): tab is [string, number] => tab[1] !== undefined);
    void this.#parts.questions.answer(question, seats);
    this.#seat(channel, question.connection);
  }

  #note(channel: string, connection: string): void {
    const tabs = this.#tabs.get(channel);
    if (tabs === undefined) this.#tabs.set(channel, new Map([[connection, undefined]]));
    else tabs.set(connection, undefined);
  }

  #seat(channel: string, connection: string): void {
    const tabs = this.#tabs.get(channel);
    if (tabs?.has(connection) && tabs.get(connection) === undefined) tabs.set(connection, this.#parts.now());
  }

  /** The seats that were taken before; none when that cannot be found out. */
  async #others(channel: string, connection: string): Promise<Seat[]> {
    const asking = this.#parts.questions.ask(channel, { kind: 'seat', connection }, readSeats);
    const asked = await asking.catch(unlessBrokerFails);
    if (!asked?.complete) this.#parts.counters.seatsUnsure++;
    return asked?.complete ? asked.answers.flatMap(({ body }) => body) : [];
  }

  async #replace(oldest: readonly Seat[]): Promise<void> {
    const { orders } = this.#parts;
    const close = { kind: 'close', code: 4410, session: null } as const;
    const closing = oldest.map(([connection]) =>
      orders.send(gatewayChannel(gatewayOf(connection)!), { ...close, connection }),
    );
    await Promise.all(closing).catch(unlessBrokerFails);
  }

  /** Counts that the cap was hit, and says whether it matters. */
  #matters(): boolean {
    this.#parts.counters.limitsHit['user-tabs']++;
    return !this.#rules.limitsDryRun;
  }
}

function byAge([a, aSince]: Seat, [b, bSince]: Seat): number {
  return aSince - bSince || (a < b ? -1 : 1);
}

function readSeats(body: unknown): Seat[] | undefined {
  return Array.isArray(body) && body.every(isSeat) ? body : undefined;
}

function isSeat(value: unknown): value is Seat {
  if (!Array.isArray(value)) return false;
  const [connection, since] = value as unknown[];
  return isConnectionId(connection) && Number.isSafeInteger(since);
}

/** A broker that fails keeps nobody out. */
function unlessBrokerFails(error: unknown): undefined {
  if (!isBrokerFailure(error)) throw error;
}
