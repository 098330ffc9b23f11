import { decodeJson, encodeJson, type Frame, sharedProtocol } from '@tabcast/shared';
import type { WebSocketConstructor, WebSocketLike } from '../socket.js';
import type { Surroundings } from '../surroundings.js';
import { type CarrierMessage, moved, type PageMessage, readPageMessage } from './messages.js';
import type { Port } from './port.js';
import { TabChannels } from './tab-channels.js';

/** With this code a page closes when the gateway has stopped to answer: the connection is dead, for all its tabs. */
const silent = 3000;

/** How long messages of a page that has gone may still be under way, in ms. */
const lastWords = 1000;

/**
 * How long a socket is kept when its last tab has gone, in ms: browsers go from one page to another. The gateway waits
 * a little longer (`auth-timeout`).
 */
export const linger = 3000;

export interface CarrierOptions {
  /** Absolute. */
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  /** Resolves when nobody holds the Web Lock of this name any more. */
  readonly released: (lock: string) => Promise<unknown>;
  readonly after: Surroundings['after'];
  /** Called when there has been no tab for the time of `linger`, and the socket is closed. */
  readonly onIdle?: () => void;
}

/** Why a tab, or the socket, has closed. */
interface Close {
  readonly code: number;
  readonly reason: string;
}

/** The tab of one page. */
interface Lane {
  /** Its number on the socket, once it is opened there: each has to be higher than those before. */
  tab: number | undefined;
  readonly port: Port;
  readonly token: string | undefined;
  /** Whether `sys/open` waits for the `sys/resume` of the page, which says where it stood. */
  readonly resumes: boolean;
  readonly channels: TabChannels;
}

/**
 * Holds one WebSocket for the pages of a browser: opens it for the first of them, gives each a tab on it, and each
 * frame to those that it is for. What is on the socket is described in docs/protocol.md, "Several tabs on one socket".
 * It knows nothing of reconnecting: when the socket closes every page is told, and may open again.
 */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #lanes = new Set<Lane>();
  /** Those that are opened on the socket, by their numbers there. */
  readonly #opened = new Map<number | undefined, Lane>();
  #socket: WebSocketLike | undefined;
  #isOpen = false;
  #lastTab = 0;
  #stopLingering = () => {};

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  get tabs(): number {
    return this.#lanes.size;
  }

  /** Listens to a page. A port carries one tab, and is closed with it. */
  attach(port: Port): void {
    let lane: Lane | undefined;
    port.onmessage = ({ data }) => {
      const message = readPageMessage(data);
      if (message?.kind === 'open') lane ??= this.#open(port, message);
      else if (message !== undefined && lane !== undefined && this.#lanes.has(lane))
        this.#told(lane, message);
    };
    tell(port, { kind: 'ready' });
  }

  /** Closes the socket. The pages are told to connect again at once: somebody else will carry them. */
  end(): void {
    this.#stopLingering();
    this.#letGo(1000);
    for (const lane of this.#lanes) this.#remove(lane, moved);
  }

  #open(port: Port, { lock, token, resumes }: PageMessage & { kind: 'open' }): Lane {
    const lane: Lane = { tab: undefined, port, token, resumes, channels: new TabChannels() };
    this.#lanes.add(lane);
    this.#stopLingering();
    const gone = () => this.#options.after(lastWords, () => this.#leave(lane, undefined));
    this.#options.released(lock).then(gone, () => {});
    if (this.#isOpen) this.#begin(lane);
    else if (this.#socket === undefined) this.#connect();
    return lane;
  }

  #told(lane: Lane, message: Exclude<PageMessage, { kind: 'open' }>): void {
    if (message.kind === 'close') {
      this.#leave(lane, message.code);
    } else if (this.#isOpen) {
      const frame = decodeJson(message.text);
      if (!('refused' in frame)) this.#said(lane, frame);
      tell(lane.port, { kind: 'sent' });
    }
  }

  #said(lane: Lane, frame: Frame): void {
    if (lane.tab !== undefined) this.#write(lane, frame);
    else if (frame.action === 'sys/resume') this.#openTab(lane, [lane.token ?? null, ...frame.details]);
  }

  #connect(): void {
    const { WebSocket, url } = this.#options;
    try {
      this.#listen(new WebSocket(url, [sharedProtocol]));
    } catch (error) {
      // For instance a SecurityError: `ws:` below `https:`.
      this.#lost({ code: 1006, reason: String(error) });
    }
  }

  #listen(socket: WebSocketLike): void {
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      for (const lane of this.#lanes) this.#begin(lane);
    };
    socket.onmessage = ({ data }) => this.#received(String(data));
    socket.onclose = (close) => this.#lost(close);
  }

  #begin(lane: Lane): void {
    if (!lane.resumes) this.#openTab(lane, lane.token === undefined ? [] : [lane.token]);
    tell(lane.port, { kind: 'opened' });
  }

  #openTab(lane: Lane, details: unknown[]): void {
    lane.tab = ++this.#lastTab;
    this.#opened.set(lane.tab, lane);
    this.#write(lane, { action: 'sys/open', details });
  }

  #write({ tab }: Lane, frame: Frame): void {
    this.#socket?.send(encodeJson({ ...frame, tab: tab! }));
  }

  #received(text: string): void {
    const frame = decodeJson(text);
    if ('refused' in frame) return;
    const lane = this.#opened.get(frame.tab);
    if (lane !== undefined) this.#receivedBy(lane, frame, text);
    else if (frame.tab === undefined && frame.at !== undefined) this.#published(frame.at[0], text);
  }

  #receivedBy(lane: Lane, frame: Frame, text: string): void {
    if (frame.action === 'sys/close') {
      const [code, reason] = frame.details as [number, string];
      this.#remove(lane, { code, reason });
      this.#rest();
    } else {
      lane.channels.learn(frame);
      tell(lane.port, { kind: 'frame', text });
    }
  }

  #published(channel: string, text: string): void {
    for (const { channels, port } of this.#lanes)
      if (channels.has(channel)) tell(port, { kind: 'frame', text });
  }

  /** A page has closed its tab, or has gone. */
  #leave(lane: Lane, code: number | undefined): void {
    if (!this.#lanes.has(lane)) return;
    if (code !== silent && lane.tab !== undefined)
      this.#write(lane, { action: 'sys/close', details: code === undefined ? [] : [code] });
    this.#remove(lane, { code: code ?? 1005, reason: '' });
    if (code === silent) {
      this.#letGo(code);
      this.#lost({ code: 1006, reason: '' });
    } else this.#rest();
  }

  #lost(close: Close): void {
    this.#letGo();
    // The gateway has found a socket without tabs. To one that came at that moment it would mean to stay away for good.
    const told = close.code === 4408 ? moved : close;
    for (const lane of this.#lanes) this.#remove(lane, told);
    this.#rest();
  }

  #remove(lane: Lane, { code, reason }: Close): void {
    this.#lanes.delete(lane);
    this.#opened.delete(lane.tab);
    tell(lane.port, { kind: 'closed', code, reason });
    lane.port.close();
  }

  #rest(): void {
    if (this.#lanes.size > 0) return;
    const { after, onIdle } = this.#options;
    this.#stopLingering();
    this.#stopLingering = after(linger, () => {
      this.#letGo(1000);
      onIdle?.();
    });
  }

  /** Has nothing to do with the socket any more. */
  #letGo(code?: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    if (socket === undefined) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code !== undefined) socket.close(code);
  }
}

function tell(port: Port, message: CarrierMessage): void {
  port.postMessage(message);
}
