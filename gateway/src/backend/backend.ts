import type { Identity } from '../auth/identity.js';

/**
 * The application behind the gateways, as tabs see it: something that takes their actions and hears of their coming
 * and going. Two kinds exist: functions of a module loaded at start, and nothing at all.
 */
export interface Backend {
  /** A tab was welcomed. Never throws or rejects. */
  connected(tab: TabView): void;
  /** A tab that was welcomed is gone. Never throws or rejects. */
  disconnected(tab: TabView, close: { code: number; reason: string }): void;
  /**
   * A tab sent an action that is not `sys/…`. Answers through `exchange`. Never throws; a rejection means a bug in the
   * backend itself, not in a handler.
   */
  act(tab: TabView, action: string, details: readonly unknown[], exchange: Exchange): Promise<void>;
}

/** What the backend may know of a tab. */
export interface TabView {
  /** Id of the connection, as targets take it. */
  readonly connection: string;
  /** Who the tab belongs to; null for an anonymous tab. */
  readonly identity: Identity | null;
}

/** The way back for one action: to the tab that sent it, and out into the cluster. */
export interface Exchange {
  /** Sends the reply, with the id of the action. Only the first answer counts; a tab that has gone is no error. */
  reply(details: readonly unknown[]): void;
  /** Sends `<action>:error` with `[code, message]`. Only the first answer counts. */
  error(code: number, message: string): void;
  /** Whether the action carried an `id`, so that its sender waits for an answer. */
  readonly wanted: boolean;
}
