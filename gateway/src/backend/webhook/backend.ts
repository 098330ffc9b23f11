import type { Identity } from '../../auth/identity.js';
import { Complaints } from '../../complaints.js';
import type { Logger } from '../../log.js';
import type { Counters } from '../../metrics/counters.js';
import type { Backend, Exchange, Identification, TabView, Visitor } from '../backend.js';
import { brokerError } from '../broker-error.js';
import { type ReadIdentity, type ReadSend, readVerdict, readVisitor, type Verdict } from './answer.js';
import { Asking } from './asking.js';
import { Breaker } from './breaker.js';
import { messageOf, tabData, visitorData, type WebhookEvent } from './event.js';
import { Lanes } from './lanes.js';
import { type Failed, Line, type Outcome } from './line.js';
import { readSecret } from './signature.js';
import { Slots } from './slots.js';
import { Telling } from './telling.js';
import { Transport, type TransportRules } from './transport.js';

export interface WebhookOptions extends TransportRules {
  /** `whsec_…`. Every one signs. */
  readonly secrets: readonly string[];
  /** The events that the backend wants. */
  readonly events: readonly WebhookEvent[];
  /** Most questions, and most events, that may wait. */
  readonly queue: number;
}

/** What webhooks need of the gateway. */
export interface WebhookParts {
  readonly readSend: ReadSend;
  readonly readIdentity: ReadIdentity;
  readonly counters: Counters;
  /** Takes the duration of a request, in s. */
  readonly observe: (seconds: number) => void;
  readonly log: Logger;
  /** A clock in ms since the epoch. */
  readonly now: () => number;
}

/**
 * The application behind one URL, which gets a signed POST for every event that it wants. What a client waits for is
 * asked once, in order of each tab; what the backend is to hear is told until it has heard.
 */
export class WebhookBackend implements Backend {
  readonly identify?: (visitor: Visitor) => Promise<Identification>;
  readonly presenceChanged?: (user: string, online: boolean) => void;
  readonly #events: readonly WebhookEvent[];
  readonly #parts: WebhookParts;
  readonly #transport: Transport;
  readonly #breaker = new Breaker(() => performance.now());
  readonly #asking: Asking;
  readonly #telling: Telling;

  /** @throws {Error} when the host of the URL is an address that webhooks may not go to */
  constructor(options: WebhookOptions, parts: WebhookParts) {
    const { events, secrets, queue } = options;
    this.#events = events;
    this.#parts = parts;
    this.#transport = new Transport(options);
    const line = new Line({
      ...{ ...parts, timeout: options.timeout, transport: this.#transport, breaker: this.#breaker },
      slots: new Slots(options.concurrency),
      secrets: secrets.map((secret) => readSecret(secret)!),
      complaints: new Complaints((reason) => parts.log.warn({ reason }, 'a webhook failed')),
    });
    const lanes = new Lanes();
    this.#asking = new Asking({ ...options, line, lanes });
    this.#telling = new Telling({ line, lanes, limit: queue, counters: parts.counters });
    if (events.includes('connect')) this.identify = (visitor) => this.#identify(visitor);
    if (events.includes('online') || events.includes('offline'))
      this.presenceChanged = (user, online) =>
        this.#tell(online ? 'online' : 'offline', { user }, `user ${user}`);
  }

  /** Questions without an answer, and events not told yet. */
  get pending(): number {
    return this.#asking.pending + this.#telling.pending;
  }

  /** Whether requests are refused at once, because the backend failed several times in a row. */
  get broken(): boolean {
    return this.#breaker.open;
  }

  connected(): void {}

  disconnected(tab: TabView, close: { code: number; reason: string }): void {
    this.#tell('disconnect', { ...tabData(tab), ...close }, tab.connection);
  }

  async act(tab: TabView, action: string, details: readonly unknown[], exchange: Exchange): Promise<void> {
    if (!this.#events.includes('action')) {
      exchange.error(404, `Nothing handles ${action}`);
      return;
    }
    const message = messageOf('action', { ...tabData(tab), action, details }, this.#parts.now());
    await this.#asking.askInTurn(
      message,
      tab.connection,
      (answer) => readVerdict(answer, this.#parts.readSend),
      (outcome) => this.#carryOut(outcome, action, exchange),
    );
  }

  /** Tells what is still to be told, for at most 3 s, and ends all connections. */
  async close(): Promise<void> {
    await this.#telling.close();
    await this.#transport.close();
  }

  #tell(event: WebhookEvent, data: object, lane: string): void {
    if (this.#events.includes(event)) this.#telling.tell(messageOf(event, data, this.#parts.now()), lane);
  }

  async #identify(visitor: Visitor): Promise<Identification> {
    const now = this.#parts.now();
    const message = messageOf('connect', visitorData(visitor), now);
    const outcome = await this.#asking.ask(message, (answer) =>
      readVisitor(answer, this.#parts.readIdentity, now),
    );
    return 'value' in outcome ? identified(outcome.value, now) : refusedVisitor(outcome);
  }

  async #carryOut(outcome: Outcome<Verdict>, action: string, exchange: Exchange): Promise<void> {
    if ('failed' in outcome) {
      exchange.error(...errorOf[outcome.failed]);
      return;
    }
    const { reply, error, sends } = outcome.value;
    try {
      await Promise.all(sends.map((send) => send()));
      if (error !== undefined) exchange.error(...error);
      else if (reply !== undefined || exchange.wanted) exchange.reply(reply ?? []);
    } catch (cause) {
      this.#sendFailed(cause, action, exchange);
    }
  }

  #sendFailed(cause: unknown, action: string, exchange: Exchange): void {
    const known = brokerError(cause);
    if (known !== undefined) {
      exchange.error(...known);
      return;
    }
    this.#parts.log.error({ err: cause, action }, 'a send of the backend failed');
    exchange.error(500, 'The action failed');
  }
}

const away = 'The application cannot be reached at the moment';
const errorOf: Record<Failed, [code: number, message: string]> = {
  refused: [502, 'The application refused the action, or gave no answer to it'],
  slow: [504, 'The application did not answer in time; it may have acted all the same'],
  down: [503, away],
  'circuit-open': [503, away],
  'queue-full': [503, 'The application has too much to do at the moment'],
};

/** The backend vouches at the moment of being asked, so what was revoked before does not concern this visitor. */
function identified(identity: Identity | null, now: number): Identification {
  return { identity: identity && { ...identity, issued: now } };
}

function refusedVisitor({
  failed,
  status,
}: Outcome<never> & { failed: Failed; status?: number }): Identification {
  if (status === 401 || status === 403)
    return { refused: 'refused', sentence: 'The application refused this visitor' };
  if (failed === 'refused')
    return { refused: 'nonsense', sentence: 'The application did not say who this visitor is' };
  if (failed === 'slow') return { refused: 'slow', sentence: errorOf.slow[1] };
  return { refused: 'down', sentence: errorOf[failed][1] };
}
