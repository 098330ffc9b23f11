import type { Identity } from '../auth/identity.js';

/**
 * The application behind the gateways, as tabs see it: something that may say who a visitor is, takes the actions of
 * tabs, and hears of their coming and going. Three kinds exist: functions of a module loaded at start, webhooks over
 * HTTP, and nothing at all.
 *
 * Nothing here ever delays the delivery of publications. What a backend is merely told (`connected`, `disconnected`,
 * `presenceChanged`) returns at once and never throws.
 */
export interface Backend {
  /**
   * Says who a visitor is that brought no token, by its cookies or other headers. Absent where the backend does not
   * want to be asked. Never rejects.
   */
  readonly identify?: (visitor: Visitor) => Promise<Identification>;
  /** Hears that a user has come online (the first tab in the cluster) or gone offline. Absent where nobody cares. */
  readonly presenceChanged?: (user: string, online: boolean) => void;
  /** A tab was welcomed. */
  connected(tab: TabView): void;
  /** A tab that was welcomed is gone. */
  disconnected(tab: TabView, close: { code: number; reason: string }): void;
  /**
   * A tab sent an action that is not `sys/…`. Answers through `exchange`. Never throws; a rejection means a bug in the
   * backend itself, not in a handler.
   */
  act(tab: TabView, action: string, details: readonly unknown[], exchange: Exchange): Promise<void>;
  /** Lets go what is still on its way to the backend, within a few seconds, and closes connections. Idempotent. */
  close(): Promise<void>;
}

/** A handshake without a token, as plain values. */
export interface Visitor {
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Raw query string without the question mark. */
  readonly query: string;
  /** Address of the client, as trusted proxies tell it. */
  readonly address: string;
}

/** What the backend says of a visitor; an anonymous one has no identity. */
export type Identification =
  | { readonly identity: Identity | null }
  | {
      /** It refused the visitor, answered with nonsense, was too slow, or could not be reached. */
      readonly refused: 'refused' | 'nonsense' | 'slow' | 'down';
      /** For a person; goes to the client. */
      readonly sentence: string;
    };

/** What the backend may know of a tab. */
export interface TabView {
  /** Id of the connection, as targets take it. */
  readonly connection: string;
  /** Who the tab belongs to; null for an anonymous tab. */
  readonly identity: Identity | null;
  /** Groups that the tab is in; of a tab that has gone those that it was in last. */
  readonly groups: ReadonlySet<string>;
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
