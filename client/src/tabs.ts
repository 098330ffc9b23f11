import { decodeJson, encodeJson, type Frame, jsonProtocol } from '@tabcast/shared';

/** Takes the details of an action, spread over its arguments. */
export type Callback = (...details: never[]) => void;

/** Takes the details of `<action>:error`. */
export type ErrorCallback = (code: number, message: string) => void;

/** What is needed of a WebSocket: that of browsers and of Node 22 fits, and so does the `ws` package. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
}

export interface ConnectOptions {
  /** JSON Web Token of the user; without one the tab is anonymous, where the gateway admits that. */
  token?: string;
  /** Replaces the global WebSocket. */
  WebSocket?: new (
    url: string,
    protocols: string[],
  ) => WebSocketLike;
  /** Called when the connection has closed, with the close code. Connecting again is up to the caller for now. */
  onClose?: (code: number, reason: string) => void;
}

/** Connects a tab. */
export function connect(url: string, options: ConnectOptions = {}): Tabs {
  return new Tabs(url, options);
}

interface Listener {
  readonly success: Callback | undefined;
  readonly error: ErrorCallback | undefined;
  readonly once: boolean;
}

/** One connection to a gateway: `on`, `off`, `once` and `send` of actions with details. */
export class Tabs {
  readonly #socket: WebSocketLike;
  readonly #listeners = new Map<string, Listener[]>();
  /** Frames sent before the socket was open. */
  #waiting: Frame[] | undefined = [];

  constructor(url: string, { token, WebSocket = globalSocket(), onClose }: ConnectOptions) {
    this.#socket = new WebSocket(
      url,
      token === undefined ? [jsonProtocol] : [jsonProtocol, `bearer.${token}`],
    );
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => this.#received(String(data));
    this.#socket.onclose = ({ code, reason }) => onClose?.(code, reason);
  }

  /** Calls `success` for each frame of an action, and `error` for each `<action>:error`. */
  on(action: string, success?: Callback, error?: ErrorCallback): this {
    return this.#listen(action, { success, error, once: false });
  }

  /** Like `on`, for the next frame of either kind only. */
  once(action: string, success?: Callback, error?: ErrorCallback): this {
    return this.#listen(action, { success, error, once: true });
  }

  /** Stops what `on` and `once` began: one callback of an action, or all of them. */
  off(action: string, success?: Callback): this {
    const kept = (this.#listeners.get(action) ?? []).filter(
      (one) => success !== undefined && one.success !== success,
    );
    this.#listeners.set(action, kept);
    return this;
  }

  /** Sends an action. Before the connection is open it waits; after the close it is lost. */
  send(action: string, ...details: unknown[]): this {
    const frame = { action, details };
    if (this.#waiting === undefined) this.#socket.send(encodeJson(frame));
    else this.#waiting.push(frame);
    return this;
  }

  close(): void {
    this.#socket.close(1000);
  }

  #listen(action: string, listener: Listener): this {
    this.#listeners.set(action, [...(this.#listeners.get(action) ?? []), listener]);
    return this;
  }

  #opened(): void {
    for (const frame of this.#waiting ?? []) this.#socket.send(encodeJson(frame));
    this.#waiting = undefined;
  }

  #received(text: string): void {
    const frame = decodeJson(text);
    if ('refused' in frame) return;
    const failed = frame.action.endsWith(':error');
    const action = failed ? frame.action.slice(0, -':error'.length) : frame.action;
    const listeners = this.#listeners.get(action) ?? [];
    const kept = listeners.filter(({ once }) => !once);
    this.#listeners.set(action, kept);
    for (const { success, error } of listeners)
      if (failed) error?.(...(frame.details as [number, string]));
      else success?.(...(frame.details as never[]));
  }
}

function globalSocket(): NonNullable<ConnectOptions['WebSocket']> {
  const { WebSocket } = globalThis as { WebSocket?: ConnectOptions['WebSocket'] };
  if (WebSocket === undefined)
    throw new Error('There is no global WebSocket here: pass one as options.WebSocket');
  return WebSocket;
}
