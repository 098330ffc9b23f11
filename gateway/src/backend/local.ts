import type { Target } from '@tabcast/shared';
import type { Identity } from '../auth/identity.js';
import type { Logger } from '../log.js';
import type { Backend, Exchange, TabView } from './backend.js';
import { brokerError } from './broker-error.js';

/** A send as the body of `POST /v1/send` has it. */
export interface SendRequest {
  readonly to: Target;
  readonly action: string;
  /** What is no array becomes an array of one. */
  readonly details?: unknown;
  /** `false` keeps it out of the history of its channels. */
  readonly history?: boolean;
}

/** Per channel (or `connection:<id>`): how many gateways it went to, and where it stands in the channel's history. */
export type SendReceipt = Record<string, { gateways: number; position?: string }>;

/** Checks a send as `POST /v1/send` does, and carries it out; rejects with a sentence when it is wrong or the broker away. */
export type CarryOut = (send: unknown) => Promise<SendReceipt>;

/** Sends to any target in the cluster; either form is checked, and rejects with a sentence, as CarryOut. */
export interface SendFunction {
  (to: Target, action: string, ...details: unknown[]): Promise<SendReceipt>;
  /** The whole of a send, for what the other form has no room for: `history`. */
  (send: SendRequest): Promise<SendReceipt>;
}

/** A user who is in a group with open tabs, and how many. */
export interface Member {
  readonly user: string;
  readonly tabs: number;
}

/**
 * Asks all gateways who is in a group. Of a group with more than 1000 users it may be any 1000, and a gateway that does
 * not answer within half a second is left out. Rejects while the broker is away.
 */
export type MembersOf = (group: string) => Promise<readonly Member[]>;

/** What every function of the application gets. */
export interface TabContext {
  /** Id of the connection, as `to.connection` and `to.except` take it. */
  readonly connection: string;
  /** Who the tab belongs to; null for an anonymous tab. */
  readonly identity: Identity | null;
  /** Groups that the tab is in at this moment; of a tab that has gone those that it was in last. */
  readonly groups: ReadonlySet<string>;
  readonly send: SendFunction;
}

/** What a function that takes an action gets. */
export interface ActionContext extends TabContext {
  readonly action: string;
  /** Replies to the tab that sent the action. Only the first answer counts. */
  reply(...details: unknown[]): void;
  /** Replies `<action>:error` with `[code, message]`. Only the first answer counts. */
  error(code: number, message: string): void;
}

export type ActionFunction = (context: ActionContext, ...details: never[]) => unknown;
export type TabFunction = (context: TabContext) => unknown;
export type UserFunction = (user: string, send: SendFunction) => unknown;

/** What the application's module gets: `export default (tabcast) => { tabcast.on('hello', …) }`. */
export interface Registration {
  /** Takes an action. A second function for the same action is refused at start. */
  on(action: string, take: ActionFunction): void;
  /** Called when a tab was welcomed. */
  onConnect(take: TabFunction): void;
  /** Called when a tab has gone. */
  onDisconnect(take: TabFunction): void;
  /** Called with a user that has opened the first tab in the whole cluster, by one gateway of it. */
  onOnline(take: UserFunction): void;
  /** Called with a user that has had no tab in the whole cluster for `offline-delay`, by one gateway of it. */
  onOffline(take: UserFunction): void;
  /** Who is in a group, on whichever gateways. */
  readonly members: MembersOf;
}

/** The default export of the application's module. */
export type ApplicationModule = (tabcast: Registration) => unknown;

/** The application as functions of a module in this process. */
export class LocalBackend implements Backend, Registration {
  readonly members: MembersOf;
  readonly #send: SendFunction;
  readonly #log: Logger;
  readonly #actions = new Map<string, ActionFunction>();
  readonly #connect: TabFunction[] = [];
  readonly #disconnect: TabFunction[] = [];
  readonly #online: UserFunction[] = [];
  readonly #offline: UserFunction[] = [];
  /** Absent until a function wants to know, for it costs the registry an entry per user. */
  presenceChanged?: (user: string, online: boolean) => void;

  constructor(carryOut: CarryOut, members: MembersOf, log: Logger) {
    this.#send = (to: Target | SendRequest, action?: string, ...details: unknown[]) =>
      carryOut(action === undefined && isRequest(to) ? to : { to, action, details });
    this.members = members;
    this.#log = log;
  }

  on(action: string, take: ActionFunction): void {
    if (action.startsWith('sys/'))
      throw new Error(`on('${action}'): actions that begin with sys/ are tabcast's own`);
    if (this.#actions.has(action)) throw new Error(`on('${action}'): this action is taken already`);
    this.#actions.set(action, take);
  }

  onConnect(take: TabFunction): void {
    this.#connect.push(take);
  }

  onDisconnect(take: TabFunction): void {
    this.#disconnect.push(take);
  }

  onOnline(take: UserFunction): void {
    this.#online.push(take);
    this.#wantPresence();
  }

  onOffline(take: UserFunction): void {
    this.#offline.push(take);
    this.#wantPresence();
  }

  connected(tab: TabView): void {
    for (const take of this.#connect) void this.#tell('connect', () => take(this.#context(tab)));
  }

  disconnected(tab: TabView): void {
    for (const take of this.#disconnect) void this.#tell('disconnect', () => take(this.#context(tab)));
  }

  async act(tab: TabView, action: string, details: readonly unknown[], exchange: Exchange): Promise<void> {
    const take = this.#actions.get(action);
    if (take === undefined) {
      exchange.error(404, `Nothing handles ${action}`);
      return;
    }
    try {
      await take(this.#actionContext(tab, action, exchange), ...(details as never[]));
      if (exchange.wanted) exchange.reply([]);
    } catch (error) {
      this.#failed(action, error, exchange);
    }
  }

  /** Functions of this process end with it. */
  async close(): Promise<void> {}

  #wantPresence(): void {
    this.presenceChanged = (user, online) => {
      for (const take of online ? this.#online : this.#offline)
        void this.#tell(online ? 'online' : 'offline', () => take(user, this.#send));
    };
  }

  #failed(action: string, error: unknown, exchange: Exchange): void {
    const known = brokerError(error);
    if (known !== undefined) {
      exchange.error(...known);
      return;
    }
    this.#log.error({ err: error, action }, 'the function of an action failed');
    exchange.error(500, 'The action failed');
  }

  async #tell(event: string, take: () => unknown): Promise<void> {
    try {
      await take();
    } catch (error) {
      this.#log.error({ err: error, event }, 'the function of an event failed');
    }
  }

  #context({ connection, identity, groups }: TabView): TabContext {
    return { connection, identity, groups, send: this.#send };
  }

  #actionContext(tab: TabView, action: string, exchange: Exchange): ActionContext {
    return {
      ...this.#context(tab),
      action,
      reply: (...details) => exchange.reply(details),
      error: (code, message) => exchange.error(code, message),
    };
  }
}

function isRequest(first: Target | SendRequest): boolean {
  return typeof first === 'object' && first !== null && 'to' in first;
}
