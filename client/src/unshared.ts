import { json } from './codec.js';
import type { ConnectOptions } from './options.js';
import { type Actions, Tabs } from './tabs.js';

export { TabcastError } from './error.js';
export type { ConnectOptions, TokenAnswer, TokenReason } from './options.js';
export type { Payload, WebSocketConstructor, WebSocketLike } from './socket.js';
export type { Actions, ErrorCallback, State, StateInfo, Tabs, Welcome } from './tabs.js';

/**
 * Connects a tab, by a socket of its own.
 * @param url of the gateways, for instance `wss://live.example.com/ws`; one that is relative, or begins with `http`, is understood too
 * @throws TypeError that names every option which is not what it should be
 */
export function connect<Received extends Actions = Actions, Sent extends Actions = Actions>(
  url: string | URL,
  options: ConnectOptions = {},
): Tabs<Received, Sent> {
  return new Tabs<Received, Sent>(url, options, { codec: json });
}
