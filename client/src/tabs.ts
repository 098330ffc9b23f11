import type { Welcome } from '@tabcast/shared';
import type { Codec } from './codec.js';
import { Conversation } from './conversation.js';
import type { State, StateInfo } from './link.js';
import type { Callback, ErrorCallback } from './listeners.js';
import type { ConnectOptions, SocketChooser } from './options.js';
import { globalSocket, settle } from './settings.js';
import { type Surroundings, surroundings } from './surroundings.js';

export type { Welcome } from '@tabcast/shared';
export type { State, StateInfo } from './link.js';
export type { ErrorCallback } from './listeners.js';

/** Names of actions, and the arguments of each. */
// biome-ignore lint/suspicious/noExplicitAny: where no map is given, each callback says itself what it takes.
export type Actions = Record<string, any[]>;

/** Names that a tab may listen for: what it receives, the errors of what it sends, and what is tabcast's own. */
export type Heard<Received extends Actions, Sent extends Actions> =
  | (keyof Received & string)
  | (keyof Sent & string)
  | `sys/${string}`;

/** What `success` takes. */
export type Told<Received extends Actions, A> = A extends keyof Received ? Received[A] : unknown[];

/** What `send` takes: all arguments, or the only one where that is no array. It may be left out where the arguments may be. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type Details<Arguments extends any[]> = number extends Arguments['length']
  ? // biome-ignore lint/suspicious/noExplicitAny: as above.
    any
  : Arguments | (Arguments extends [(infer Only)?] ? Exclude<Only, readonly unknown[]> : never);

/** What an entry point makes tabs of. */
export interface Parts {
  readonly codec: Codec;
  /** Where tabs can share sockets. */
  readonly choose?: SocketChooser;
  /** The browser or Node, unless said otherwise. */
  readonly surroundings?: Surroundings;
}

/**
 * A tab: receives actions, sends them, and comes back by itself when its connection is lost. It ends by `close`, by a close
 * code that says so, and when nobody is logged in any more.
 */
export class Tabs<Received extends Actions = Actions, Sent extends Actions = Actions> {
  readonly #conversation: Conversation;

  /** Made by `connect`. */
  constructor(url: string | URL, options: ConnectOptions, { codec, choose, ...parts }: Parts) {
    const settings = settle(url, options);
    const WebSocket = choose?.(settings.url, settings) ?? settings.WebSocket ?? globalSocket();
    this.#conversation = new Conversation({ surroundings, ...parts, settings, codec, WebSocket });
  }

  get state(): State {
    return this.#conversation.state;
  }

  /** Who the tab is, on the open connection: its id there, user, and the groups that it is in at the moment. */
  get welcome(): Welcome | undefined {
    return this.#conversation.welcome;
  }

  /** Calls `success` with the details of each frame of an action, and `error` for each `<action>:error`. */
  on<A extends Heard<Received, Sent>>(
    action: A,
    success?: (...details: Told<Received, A>) => void,
    error?: ErrorCallback,
  ): this {
    return this.#listen(action, success, error, false);
  }

  /** Like `on`, for the next frame of either kind only. */
  once<A extends Heard<Received, Sent>>(
    action: A,
    success?: (...details: Told<Received, A>) => void,
    error?: ErrorCallback,
  ): this {
    return this.#listen(action, success, error, true);
  }

  /** Ends what `on` and `once` began: one callback of an action, or all of them. */
  off<A extends Heard<Received, Sent>>(action: A, success?: (...details: Told<Received, A>) => void): this {
    this.#conversation.listeners.remove(action, success as Callback | undefined);
    return this;
  }

  /**
   * Sends an action. While there is no connection it waits for the next one; where too much is waiting already it is dropped,
   * and so is what still waits when the tab is closed. The error callback of the action is told so (413, 499). What was sent
   * on a connection that dies arrives or does not: use `request` where that matters.
   * @param details an array is the arguments, any other value the only one
   * @throws TypeError where the action or its details cannot be written
   */
  send<A extends keyof Sent & string>(
    action: A,
    ...[details]: [] extends Sent[A] ? [details?: Details<Sent[A]>] : [details: Details<Sent[A]>]
  ): this {
    this.#conversation.send(action, details);
    return this;
  }

  /**
   * Sends an action and waits for the reply; resolves with its first detail. Rejects with a TabcastError: that of the reply,
   * 408 when none comes in time, 413 when too much is waiting already, and 499 when the connection is lost, or the tab closed,
   * before a reply. After 408 and 499 the other side may have acted; nothing is sent twice.
   * A reply goes to who asked, and not to the callbacks of `on`.
   * @param options `timeout` in ms, the time without a connection included; `requestTimeout` unless said otherwise
   */
  async request<A extends keyof Sent & string>(
    action: A,
    details?: Details<Sent[A]>,
    options: { timeout?: number } = {},
  ): Promise<A extends keyof Received ? Received[A][0] : unknown> {
    const [answer] = await this.#conversation.request(action, details, options.timeout);
    return answer as never;
  }

  /**
   * Joins a group that the token permits, now and on every later connection. Resolves when everything sent to the group
   * arrives. Rejects with a TabcastError when the gateway refuses (403), and when the group is left or the tab closed before;
   * a later refusal goes to the error callback of `sys/join`.
   */
  join(group: string): Promise<void> {
    return this.#conversation.join(group);
  }

  /** Leaves a group. Resolves when nothing sent to it arrives any more. */
  leave(group: string): Promise<void> {
    return this.#conversation.leave(group);
  }

  /** Ends the tab for good. What waits for a reply is rejected with 499. */
  close(): void {
    this.#conversation.close();
  }

  /** Calls back whenever the state changes. Returns what ends it. */
  onState(listener: (state: State, info: StateInfo) => void): () => void {
    return this.#conversation.states.subscribe(listener);
  }

  /**
   * Calls back with the channels in which nothing was missed after all: what was sent while the tab was away follows at once, in
   * order. Returns what ends it.
   */
  onRecovered(listener: (channels: string[]) => void): () => void {
    return this.#conversation.recoveries.subscribe(listener);
  }

  /**
   * Calls back when publications of a channel with history may have been lost: load anew what it is about. Returns what
   * ends it.
   */
  onGap(listener: (channel: string) => void): () => void {
    return this.#conversation.gaps.subscribe(listener);
  }

  #listen<A extends Heard<Received, Sent>>(
    action: A,
    success: ((...details: Told<Received, A>) => void) | undefined,
    error: ErrorCallback | undefined,
    once: boolean,
  ): this {
    this.#conversation.listeners.add(action, { success: success as Callback | undefined, error, once });
    return this;
  }
}
