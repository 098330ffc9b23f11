import assert from 'node:assert/strict';
import { type Broker, BrokerUnavailable, type Keep, OutcomeUnknown } from '../../src/broker/broker.js';
import { Fanout } from '../../src/fanout/fanout.js';
import { Hub } from '../../src/fanout/hub.js';
import { Once } from '../../src/fanout/once.js';
import { Sample } from '../../src/fanout/sample.js';
import { Counters } from '../../src/metrics/counters.js';
import { KeepingTab } from './channel-scene.js';
import { eventsOf } from './events.js';
import type { Heard, Outcome, Sent } from './ledger.js';

/** How a numbered send differs from one that is kept and has no key. */
export interface Manner {
  readonly history?: false;
  readonly keyed?: true;
}

/** A gateway without sockets: a broker, the fan-out over it, and one tab. What it sends and hears goes into the ledger. */
export class BareGateway {
  readonly name: string;
  readonly broker: Broker;
  readonly sends: Sent[] = [];
  /** Sends of each stream. */
  readonly #counts = new Map<string, number>();
  readonly #tab: KeepingTab;
  readonly #fanout: Fanout;
  #timer: NodeJS.Timeout | undefined;

  /** @param broker not started yet */
  constructor(name: string, broker: Broker, keep: Keep) {
    this.name = name;
    this.broker = broker;
    this.#tab = new KeepingTab(`${name}-0`);
    this.#fanout = new Fanout({
      ...{ gateway: name, broker, hub: new Hub(), once: new Once(() => 0) },
      ...{ orders: { received: assert.fail }, counters: new Counters(), log: { error: assert.fail } },
      bus: {
        publish: (topic, bytes, binary) => this.#tab.topics.has(topic) && this.#tab.take(bytes, binary),
        subscribers: (topic) => Number(this.#tab.topics.has(topic)),
      },
      sample: new Sample(
        () => 0,
        () => {},
      ),
      keepFor: (kind) => (kind === 'group' ? keep : undefined),
    });
  }

  /** Starts it, with its tab in some groups. */
  async open(groups: readonly string[]): Promise<void> {
    await this.broker.start({
      received: (channel, bytes, position) => this.#fanout.received(channel, bytes, position),
      stateChanged: (state) => state === 'live' && this.#fanout.brokerBack(),
      roundTrip: () => {},
    });
    this.#timer = setInterval(() => this.#fanout.tick(), 1000);
    const channels = groups.map((group) => `group:${group}`);
    this.#tab.standing = this.#fanout.listen(await this.#fanout.enter(this.#tab, channels));
  }

  /** What its tab heard. */
  get heard(): Heard {
    const events = [
      { positions: this.#tab.standing!.positions, recovered: {} },
      ...eventsOf(this.#tab.frames),
    ];
    return { tab: `${this.name}'s tab`, gateway: this.name, events };
  }

  /** What its tab heard, by the names of the ledger. */
  get names(): ReadonlySet<string> {
    return new Set(this.heard.events.flatMap((event) => ('name' in event && event.name ? [event.name] : [])));
  }

  /** How often its tab was told that something of a group may be lost. */
  gapsIn(group: string): number {
    const { events } = this.heard;
    return events.filter((event) => 'gap' in event && event.channel === `group:${group}`).length;
  }

  /** The next send of a stream to a group. */
  async send(stream: string, group: string, manner: Manner = {}): Promise<Sent> {
    const number = this.#counts.get(stream) ?? 0;
    this.#counts.set(stream, number + 1);
    const base = { stream, number, exposed: false, gateways: 0 };
    const index = this.sends.push({ ...base, outcome: 'unknown' }) - 1;
    const sent = { ...base, ...(await this.#ask(group, [stream, number], manner)) };
    this.sends[index] = sent;
    return sent;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.broker.close();
  }

  async #ask(group: string, details: unknown[], { keyed, ...manner }: Manner): Promise<Answer> {
    const key = keyed && { idempotencyKey: details.join(' ') };
    try {
      const receipt = await this.#fanout.send({
        ...{ to: { group }, action: 'count', details },
        ...{ ...manner, ...key },
      });
      const [channel, line] = Object.entries(receipt)[0]!;
      return { outcome: 'accepted', channel, ...line! };
    } catch (error) {
      return { outcome: outcomeOf(error) };
    }
  }
}

/** What is known of a send once it was answered. */
type Answer = Pick<Sent, 'outcome'> & Partial<Sent>;

function outcomeOf(error: unknown): Outcome {
  if (error instanceof BrokerUnavailable) return 'refused';
  if (error instanceof OutcomeUnknown) return 'unknown';
  throw error;
}
