import type { WebSocketConstructor } from './socket.js';

/** Why a token is asked for: to connect with, or to prolong what a living connection may. */
export type TokenReason = 'connect' | 'refresh';

/** A token; `null` when the user has logged out, `undefined` to connect without one. */
export type TokenAnswer = string | null | undefined;

export interface ConnectOptions {
  /** JSON Web Token of the user, for connections that need not outlive it. Without one the tab is anonymous, where the gateway admits that. */
  token?: string;
  /**
   * Fetches a token: before connecting, and before the last one expires. It may fail, and is asked again later. `null`
   * says that nobody is logged in any more, and closes for good.
   */
  getToken?: (why: TokenReason) => TokenAnswer | Promise<TokenAnswer>;
  /**
   * Whether tabs of one browser share a socket, and how: by a SharedWorker or by one page that leads. On where it is
   * supported and there is a token or `getToken`; without these cookies may say who it is, and they may differ from page to page.
   */
  share?: boolean | 'worker' | 'leader';
  /** Script of the SharedWorker; it lies beside this module unless said otherwise. */
  worker?: string | URL;
  /** Replaces the global WebSocket. */
  WebSocket?: WebSocketConstructor;
  /** Silence after which the gateway is asked for a sign of life, in ms; 25000 unless said otherwise. */
  pingInterval?: number;
  /** How long a reply and `getToken` may take, in ms; 10000 unless said otherwise. */
  requestTimeout?: number;
  /** How many sends are kept while there is no connection; 100 unless said otherwise. */
  maxQueued?: number;
  /**
   * Where it is kept what has arrived, so that what was missed can follow: in the `memory` of the page, as is usual, or in the
   * `session` of the browser's tab too, where it outlives the reload of the page.
   */
  remember?: 'memory' | 'session';
}

/**
 * Chooses what opens the sockets of a tab. Undefined where they are not to be shared.
 * @param url absolute, `ws:` or `wss:`
 */
export type SocketChooser = (url: string, options: ConnectOptions) => WebSocketConstructor | undefined;
