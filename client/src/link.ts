import { closeRule, type Frame, resumeProtocol, type Welcome } from '@tabcast/shared';
import { Backoff } from './backoff.js';
import type { Codec } from './codec.js';
import { Liveness } from './liveness.js';
import { watchRefusal } from './refusal.js';
import type { Payload, WebSocketConstructor, WebSocketLike } from './socket.js';
import type { Surroundings } from './surroundings.js';
import type { Tokens } from './tokens.js';
import { readWelcome } from './welcome.js';

/**
 * `connecting` until the welcome; `open`; `waiting` for the next try; `closed` for good.
 */
export type State = 'connecting' | 'open' | 'waiting' | 'closed';

/** Why it is so. */
export interface StateInfo {
  /** Close code of the connection before, see docs/errors.md; 3000 when it was given up because it was silent. */
  readonly code?: number;
  /** What goes with the code. */
  readonly reason?: string;
  /** In state `waiting`: in how many ms the next try comes; undefined while the browser is offline. */
  readonly retryIn?: number;
  /** What kept a try from being made: what `getToken` or the WebSocket's constructor threw. */
  readonly error?: unknown;
}

/** What a link is made of. */
export interface LinkParts {
  readonly url: string;
  readonly codec: Codec;
  readonly WebSocket: WebSocketConstructor;
  readonly tokens: Tokens;
  /** In ms. */
  readonly pingInterval: number;
}

/** Who hears of a link. None of these may throw. */
export interface LinkOwner {
  /** What the next connection is to resume, as details of `sys/resume`; undefined where there is nothing. */
  readonly standing: unknown[] | undefined;
  /** A connection is open. */
  welcomed(welcome: Welcome): void;
  /** A frame came, whatever it is. */
  received(frame: Frame): void;
  /** The open connection is lost. */
  lost(): void;
  changed(state: State, info: StateInfo): void;
}

/** A connection that lasted this long, in ms, was a good one: the next failure is the first again. */
const goodWhile = 30_000;
/** Close codes after which the first try comes at once: the gateway spreads these closes itself, or a fresh token helps. */
const movesAtOnce = [4005, 4006, 4401];

/** The connection of a tab, made again whenever it is lost: one socket at a time, until there is a reason to stop. */
export class Link {
  readonly #world: Surroundings;
  readonly #parts: LinkParts;
  readonly #owner: LinkOwner;
  readonly #backoff: Backoff;
  readonly #liveness: Liveness;
  #state: State = 'connecting';
  #socket: WebSocketLike | undefined;
  /** The try that is under way until there is a socket; a token for an earlier one comes too late. */
  #attempt: object | undefined;
  #openSince = 0;
  /** Whether the gateway has announced the end of this connection. */
  #hinted = false;
  /** Whether the last token was refused, with no welcome since. */
  #refused = false;
  #cancelWait: () => void = () => {};
  readonly #unwatch: () => void;

  constructor(world: Surroundings, parts: LinkParts, owner: LinkOwner) {
    this.#world = world;
    this.#parts = parts;
    this.#owner = owner;
    this.#backoff = new Backoff(world);
    const ping = () => this.send(parts.codec.encode({ action: 'sys/ping', details: [] }));
    this.#liveness = new Liveness(world, parts.pingInterval, ping, () => this.#silent());
    this.#unwatch = world.watch(() => this.#noticed());
  }

  get state(): State {
    return this.#state;
  }

  /** Whether what is sent now has a chance to arrive: a socket may be closing before anyone is told. */
  get open(): boolean {
    return this.#state === 'open' && !((this.#socket?.readyState ?? 0) > 1);
  }

  /** Begins to connect; also, at once and anew, on a connection that is open. */
  connect(info: StateInfo = {}): void {
    this.#cancelWait();
    this.#drop(1000);
    const attempt = {};
    this.#attempt = attempt;
    this.#enter('connecting', info);
    if (this.#attempt !== attempt) return;
    this.#parts.tokens.forHandshake().then(
      (token) => {
        if (this.#attempt !== attempt) return;
        if (token === null) this.close('logged-out');
        else this.#handshake(token);
      },
      (error) => this.#attempt === attempt && this.#wait(this.#backoff.next(), { error }),
    );
  }

  /** Gives a message to the socket, which must have opened. */
  send(payload: Payload): void {
    this.#socket?.send(payload);
  }

  /** Ends for good. */
  close(reason: string, code = 1000): void {
    if (this.#state === 'closed') return;
    this.#drop(1000);
    this.#attempt = undefined;
    this.#cancelWait();
    this.#unwatch();
    this.#enter('closed', { code, reason });
  }

  #enter(state: State, info: StateInfo): void {
    this.#state = state;
    this.#owner.changed(state, info);
  }

  #handshake(token: string | undefined): void {
    const { WebSocket, url, codec } = this.#parts;
    const { standing } = this.#owner;
    const protocols = [codec.protocol];
    if (standing !== undefined) protocols.push(resumeProtocol);
    if (token !== undefined) protocols.push(`bearer.${token}`);
    try {
      this.#listen(new WebSocket(url, protocols), standing);
    } catch (error) {
      // A token with a space in it, say, is not acceptable as a sub-protocol.
      this.#parts.tokens.forget();
      this.#wait(this.#backoff.next(), { error });
    }
  }

  #listen(socket: WebSocketLike, standing: unknown[] | undefined): void {
    const { binaryType, encode } = this.#parts.codec;
    if (binaryType !== undefined) socket.binaryType = binaryType;
    let retryAfter = 0;
    socket.onopen = () => {
      this.#liveness.heard();
      if (standing !== undefined) this.send(encode({ action: 'sys/resume', details: standing }));
    };
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#closed({ code, reason }, retryAfter);
    socket.onerror = () => {};
    watchRefusal(socket, (seconds) => {
      retryAfter = seconds;
    });
    this.#socket = socket;
    this.#hinted = false;
    this.#liveness.begin();
  }

  #received(data: unknown): void {
    this.#liveness.heard();
    const frame = this.#parts.codec.decode(data);
    if ('refused' in frame) return;
    if (frame.action === 'sys/welcome') this.#welcomed(readWelcome(frame.details));
    if (frame.action === 'sys/reconnect') this.#announced();
    this.#owner.received(frame);
  }

  #welcomed(welcome: Welcome | undefined): void {
    if (welcome === undefined || this.#state === 'open') return;
    this.#state = 'open';
    this.#openSince = this.#world.now();
    this.#refused = false;
    this.#owner.welcomed(welcome);
    this.#enter('open', {});
  }

  /** The time until the close is for a fresh token. Where none is to be had, the next handshake asks again. */
  #announced(): void {
    const { tokens } = this.#parts;
    if (!this.#hinted && tokens.renewable) tokens.fetch('connect').catch(() => {});
    this.#hinted = true;
  }

  #silent(): void {
    this.#drop(3000, 'silent');
    this.#closed({ code: 3000, reason: 'silent' }, 0);
  }

  #closed(info: { code: number; reason: string }, retryAfter: number): void {
    const { tokens } = this.#parts;
    const wasOpen = this.#state === 'open';
    this.#drop();
    // To a page a refused token looks like any handshake that failed.
    if (!wasOpen || info.code === 4002 || info.code === 4401) tokens.forget();
    if (wasOpen && this.#world.now() - this.#openSince >= goodWhile) this.#backoff.reset();
    if (this.#isFinal(info.code)) this.close(info.reason, info.code);
    else this.#wait(this.#pause(info.code, retryAfter), info);
  }

  /** How long to stay away after a close, in ms. */
  #pause(code: number, retryAfter: number): number {
    const backoff = this.#backoff.next(this.#hinted || movesAtOnce.includes(code));
    return retryAfter > 0 ? Math.max(backoff, (retryAfter + this.#world.random()) * 1000) : backoff;
  }

  #isFinal(code: number): boolean {
    const { renewable, fixed } = this.#parts.tokens;
    if (code === 4002) return fixed;
    if (code !== 4401) return !closeRule(code).reconnect;
    const isSecond = this.#refused;
    this.#refused = true;
    return isSecond || !renewable;
  }

  #wait(ms: number, info: StateInfo): void {
    if (!this.#world.online()) this.#enter('waiting', info);
    else if (ms === 0) this.connect(info);
    else {
      this.#cancelWait = this.#world.after(ms, () => this.connect());
      this.#enter('waiting', { ...info, retryIn: ms });
    }
  }

  #noticed(): void {
    if (this.#socket !== undefined) this.#liveness.doubt();
    else if (this.#state !== 'waiting') return;
    else if (this.#world.online()) this.connect();
    else {
      this.#cancelWait();
      this.#enter('waiting', {});
    }
  }

  /** Lets go of the socket; closes it where it is given a code. */
  #drop(code?: number, reason?: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    this.#liveness.stop();
    // onerror stays: `ws` throws where nobody takes the error of a handshake that was closed.
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (code !== undefined) socket.close(code, reason);
    if (this.#state === 'open') this.#owner.lost();
  }
}
