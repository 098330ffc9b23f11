/** What every entry point gives out besides its `connect`. */
export { TabcastError } from './error.js';
export type { ConnectOptions, TokenAnswer, TokenReason } from './options.js';
export type { Payload, WebSocketConstructor, WebSocketLike } from './socket.js';
export type { Actions, ErrorCallback, State, StateInfo, Tabs, Welcome } from './tabs.js';
