export {
  type Callback,
  type ConnectOptions,
  connect,
  type ErrorCallback,
  Tabs,
  type WebSocketLike,
} from './tabs.js';
