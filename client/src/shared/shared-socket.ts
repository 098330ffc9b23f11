import { isSystemAction, resumeProtocol } from '@tabcast/shared';
import type { PageLife } from '../page-life.js';
import type { Payload, WebSocketConstructor, WebSocketLike } from '../socket.js';
import type { Surroundings } from '../surroundings.js';
import { type CarrierMessage, moved } from './messages.js';
import type { Line, Way } from './way.js';

/** How long a carrier may take to say that it is there, in ms. Two ways fit into the time that a handshake may take. */
const patience = 4000;

/** What the sockets of one `connect` have in common, one after the other. */
export interface Sharing {
  /** What is still worth trying, the best first. When none is left each tab has a socket of its own. */
  ways: readonly Way[];
  /** Whether the shared socket had no place for the last connection. */
  crowded: boolean;
  /** Sends that no carrier has put on its socket: the next connection begins with them. */
  unsent: readonly string[];
  /** Takes a Web Lock that nobody else has. Rejects where that is not allowed. */
  readonly holdLock: () => Promise<HeldLock>;
  readonly life: PageLife;
  readonly after: Surroundings['after'];
  /** Opens sockets that are not shared. */
  readonly WebSocket: WebSocketConstructor;
}

export interface HeldLock {
  readonly name: string;
  release(): void;
}

/**
 * The WebSocket of a page, as far as the page can tell. In fact it is a tab on a socket that a carrier elsewhere holds
 * for several pages, or a real socket where no carrier is to be had. It closes as a socket of its own would, and with
 * 4005 when it is best to connect again at once: another page holds the socket now, this page was put aside and is back,
 * or the socket has no place for it, and the next one will be its own.
 */
export class SharedSocket implements WebSocketLike {
  onopen: WebSocketLike['onopen'] = null;
  onmessage: WebSocketLike['onmessage'] = null;
  onerror: WebSocketLike['onerror'] = null;
  onclose: WebSocketLike['onclose'] = null;
  readonly #sharing: Sharing;
  readonly #url: string;
  readonly #protocols: string[];
  readonly #stopWatching: () => void;
  #stage: 'seeking' | 'carried' | 'alone' | 'aside' | 'closed' = 'seeking';
  #stopWaiting = () => {};
  #lock: HeldLock | undefined;
  #line: Line | undefined;
  /** The real socket of this page, where it is alone. */
  #own: WebSocketLike | undefined;
  /** What was said to the carrier and is not on its socket yet, as far as we know. */
  #unsent: string[] = [];
  #isWelcome = false;

  constructor(sharing: Sharing, url: string, protocols: string[]) {
    this.#sharing = sharing;
    this.#url = url;
    this.#protocols = protocols;
    this.#stopWatching = sharing.life.watch({ away: () => this.#putAside(), back: () => this.#isBack() });
    void this.#begin();
  }

  /** As of a WebSocket; 1 also before `onopen`. */
  get readyState(): number {
    if (this.#stage === 'alone') return this.#own?.readyState ?? 1;
    return this.#stage === 'seeking' || this.#stage === 'carried' ? 1 : 3;
  }

  send(data: Payload): void {
    this.#own?.send(data);
    if (this.#stage !== 'carried') return;
    const text = String(data);
    this.#unsent.push(text);
    this.#line?.say({ kind: 'frame', text });
  }

  close(code?: number, reason?: string): void {
    this.#own?.close(code, reason);
    if (this.#stage === 'alone' || this.#stage === 'closed') return;
    this.#line?.say({ kind: 'close', code });
    this.#leave();
    queueMicrotask(() => this.#closed(code ?? 1005, reason ?? ''));
  }

  async #begin(): Promise<void> {
    try {
      this.#lock = await this.#sharing.holdLock();
    } catch {
      this.#sharing.ways = [];
    }
    if (this.#stage === 'seeking') this.#seek();
    else this.#lock?.release();
  }

  #seek(): void {
    if (this.#sharing.crowded || this.#sharing.ways.length === 0) this.#goAlone();
    else this.#tryBestWay();
  }

  #tryBestWay(): void {
    const { ways } = this.#sharing;
    const giveUp = () => {
      if (this.#stage !== 'seeking' || this.#sharing.ways !== ways) return;
      this.#hangUp();
      this.#sharing.ways = ways.slice(1);
      this.#seek();
    };
    this.#stopWaiting = this.#sharing.after(patience, giveUp);
    try {
      this.#line = ways[0]?.({ told: (message) => this.#told(message), broken: giveUp });
    } catch {
      giveUp();
    }
  }

  #goAlone(): void {
    this.#leave();
    this.#stage = 'alone';
    this.#sharing.crowded = false;
    try {
      const socket = new this.#sharing.WebSocket(this.#url, this.#protocols);
      this.#own = socket;
      socket.onopen = (event) => this.onopen?.(event);
      socket.onmessage = ({ data }) => this.#received(data);
      socket.onerror = (event) => this.onerror?.(event);
      socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    } catch (error) {
      this.#closed(1006, String(error));
    }
  }

  #told(message: CarrierMessage): void {
    if (message.kind === 'ready') this.#ask();
    else if (this.#stage !== 'carried') return;
    else if (message.kind === 'opened') this.onopen?.({});
    else if (message.kind === 'frame') this.#received(message.text);
    else if (message.kind === 'sent') this.#unsent.shift();
    else this.#closedByCarrier(message.code, message.reason);
  }

  #ask(): void {
    if (this.#stage !== 'seeking' || this.#lock === undefined) return;
    this.#stage = 'carried';
    this.#stopWaiting();
    const bearer = this.#protocols.find((protocol) => protocol.startsWith('bearer.'));
    this.#line?.say({
      kind: 'open',
      lock: this.#lock.name,
      resumes: this.#protocols.includes(resumeProtocol),
      token: bearer?.slice('bearer.'.length),
    });
  }

  #received(data: unknown): void {
    if (!this.#isWelcome && String(data).includes('"sys/welcome"')) {
      this.#isWelcome = true;
      const { unsent } = this.#sharing;
      this.#sharing.unsent = [];
      for (const text of unsent) this.send(text);
    }
    this.onmessage?.({ data });
  }

  #closedByCarrier(code: number, reason: string): void {
    const { unsent } = this.#sharing;
    this.#sharing.unsent = [...unsent, ...this.#unsent.filter(isSend)];
    this.#sharing.crowded = code === 4010;
    this.#leave();
    if (this.#sharing.crowded) this.#moves();
    else this.#closed(code, reason);
  }

  /** The browser may freeze the page now, and nobody would read what comes for it. */
  #putAside(): void {
    if (this.#stage !== 'seeking' && this.#stage !== 'carried') return;
    this.#line?.say({ kind: 'close' });
    this.#hangUp();
    // Browsers do not put pages aside that hold one.
    this.#lock?.release();
    this.#stage = 'aside';
  }

  #isBack(): void {
    if (this.#stage !== 'aside') return;
    this.#leave();
    this.#moves();
  }

  /** Is no longer carried, nor seeks a carrier. */
  #leave(): void {
    this.#stage = 'closed';
    this.#stopWatching();
    this.#hangUp();
    this.#lock?.release();
  }

  #hangUp(): void {
    this.#stopWaiting();
    this.#line?.hangUp();
    this.#line = undefined;
  }

  #moves(): void {
    this.#closed(moved.code, moved.reason);
  }

  #closed(code: number, reason: string): void {
    this.onclose?.({ code, reason });
  }
}

/** Whether a frame may go over another connection than it was meant for. Wishes of one connection end with it. */
function isSend(text: string): boolean {
  const { action, id } = JSON.parse(text) as { action: string; id?: unknown };
  return id === undefined && !isSystemAction(action);
}
