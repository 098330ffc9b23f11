import { closeCodes, decodeJson, encodeJson, type Frame, sharedProtocol } from '@tabcast/shared';
import type { WebSocketConstructor, WebSocketLike } from '../socket.js';
import type { Surroundings } from '../surroundings.js';
import { type CarrierMessage, type PageMessage, readPageMessage } from './messages.js';
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

/** The tab of one page. */
interface Lane {
  /** Its number on the socket. */
  readonly tab: number;
  readonly port: Port;
  readonly token: string | undefined;
  readonly channels: TabChannels;
}

/**
 * Holds one WebSocket for the pages of a browser: opens it for the first of them, gives each a tab on it, and each
 * frame to those that it is for. What is on the socket is described in docs/protocol.md, "Several tabs on one socket".
 * It knows nothing of reconnecting: when the socket closes every page is told, and may open again.
 */
export class Carrier {
  readonly #options: CarrierOptions;
  readonly #lanes = new Map<number, Lane>();
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
      else if (message !== undefined && lane !== undefined && this.#lanes.has(lane.tab))
        this.#told(lane, message);
    };
    tell(port, { kind: 'ready' });
  }

  /** Closes the socket. The pages are told to connect again at once: somebody else will carry them. */
  end(): void {
    this.#stopLingering();
    this.#letGo(1000);
    for (const lane of this.#lanes.values()) this.#remove(lane, 4005, closeCodes[4005].name);
  }

  #open(port: Port, { lock, token }: PageMessage & { kind: 'open' }): Lane {
    const lane = { tab: ++this.#lastTab, port, token, channels: new TabChannels() };
    this.#lanes.set(lane.tab, lane);
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
      if (!('refused' in frame)) this.#write(lane, frame);
      tell(lane.port, { kind: 'sent' });
    }
  }

  #connect(): void {
    const { WebSocket, url } = this.#options;
    try {
      this.#listen(new WebSocket(url, [sharedProtocol]));
    } catch (error) {
      // For instance a SecurityError: `ws:` below `https:`.
      this.#lost(1006, String(error));
    }
  }

  #listen(socket: WebSocketLike): void {
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      for (const lane of this.#lanes.values()) this.#begin(lane);
    };
    socket.onmessage = ({ data }) => this.#received(String(data));
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
  }

  #begin(lane: Lane): void {
    this.#write(lane, { action: 'sys/open', details: lane.token === undefined ? [] : [lane.token] });
    tell(lane.port, { kind: 'opened' });
  }

  #write({ tab }: Lane, frame: Frame): void {
    this.#socket?.send(encodeJson({ ...frame, tab }));
  }

  #received(text: string): void {
    const frame = decodeJson(text);
    if ('refused' in frame) return;
    const lane = this.#lanes.get(frame.tab ?? 0);
    if (lane !== undefined) this.#receivedBy(lane, frame, text);
    else if (frame.tab === undefined && frame.at !== undefined) this.#published(frame.at[0], text);
  }

  #receivedBy(lane: Lane, frame: Frame, text: string): void {
    if (frame.action === 'sys/close') {
      const [code, reason] = frame.details as [number, string];
      this.#remove(lane, code, reason);
      this.#rest();
    } else {
      lane.channels.learn(frame);
      tell(lane.port, { kind: 'frame', text });
    }
  }

  #published(channel: string, text: string): void {
    for (const { channels, port } of this.#lanes.values())
      if (channels.has(channel)) tell(port, { kind: 'frame', text });
  }

  /** A page has closed its tab, or has gone. */
  #leave(lane: Lane, code: number | undefined): void {
    if (!this.#lanes.has(lane.tab)) return;
    if (code !== silent && this.#isOpen)
      this.#write(lane, { action: 'sys/close', details: code === undefined ? [] : [code] });
    this.#remove(lane, code ?? 1005, '');
    if (code === silent) {
      this.#letGo(code);
      this.#lost(1006, '');
    } else this.#rest();
  }

  #lost(code: number, reason: string): void {
    this.#letGo();
    // The gateway has found a socket without tabs. To one that came at that moment it would mean to stay away for good.
    const late = code === 4408;
    for (const lane of this.#lanes.values())
      this.#remove(lane, late ? 4005 : code, late ? closeCodes[4005].name : reason);
    this.#rest();
  }

  #remove(lane: Lane, code: number, reason: string): void {
    this.#lanes.delete(lane.tab);
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
