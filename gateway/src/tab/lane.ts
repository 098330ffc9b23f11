import { withMember } from '../fanout/frame.js';
import { type Close, type CloseNumber, type Connection, nameOf } from './connection.js';
import type { Tab } from './tab.js';

/** Codes that say something of the socket, and not only of one of its tabs. */
const codesOfSockets: ReadonlySet<number> = new Set([4000, 4001, 4005, 4006, 4008]);

/** What a lane asks of the socket that it belongs to. */
export interface LaneOwner {
  readonly socket: Connection;
  /** One more of its lanes is subscribed to a topic. */
  subscribe(topic: string): void;
  /** One less is. */
  unsubscribe(topic: string): void;
  /** A lane has closed. */
  left(lane: Lane): void;
}

/** The connection of one tab on a socket that it shares with others: every frame bears its number. */
export class Lane implements Connection {
  readonly encoding = 'shared';
  readonly number: number;
  /** To be set before anything can happen on the lane. */
  tab!: Tab;
  readonly #owner: LaneOwner;
  readonly #topics = new Set<string>();
  #closed = false;

  constructor(number: number, owner: LaneOwner) {
    this.number = number;
    this.#owner = owner;
  }

  get waiting(): number {
    return this.#owner.socket.waiting;
  }

  together(write: () => void): void {
    this.#owner.socket.together(write);
  }

  write(frame: string | Uint8Array): void {
    if (this.#closed) return;
    const member = `"tab":${this.number}`;
    // Every frame has an action, so something follows the comma.
    const numbered = typeof frame === 'string' ? `{${member},${frame.slice(1)}` : withMember(member, frame);
    this.#owner.socket.write(numbered);
  }

  subscribe(topic: string): void {
    if (this.#closed || this.#topics.has(topic)) return;
    this.#topics.add(topic);
    this.#owner.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.#topics.delete(topic)) this.#owner.unsubscribe(topic);
  }

  close(code: CloseNumber): void {
    if (this.#closed) return;
    if (codesOfSockets.has(code)) this.#owner.socket.close(code);
    else {
      const reason = nameOf(code);
      this.write(closeFrame(code, reason));
      this.gone({ code, reason });
    }
  }

  /** It is over, and nobody has to be told. */
  gone(close: Close): void {
    this.#closed = true;
    for (const topic of this.#topics) this.#owner.unsubscribe(topic);
    this.#topics.clear();
    this.#owner.left(this);
    this.tab.gone(close);
  }
}

function closeFrame(code: number, reason: string): string {
  return JSON.stringify({ action: 'sys/close', details: [code, reason] });
}
