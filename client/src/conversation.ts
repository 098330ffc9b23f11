import { checkAction, detailsOf, type Frame, type Welcome } from '@tabcast/shared';
import type { Codec } from './codec.js';
import { clientError, type TabcastError } from './error.js';
import { Groups, type GroupsTab } from './groups.js';
import { handOn } from './handing-on.js';
import { Link, type LinkOwner, type State, type StateInfo } from './link.js';
import { Callbacks, Listeners } from './listeners.js';
import { type Letter, Outbox } from './outbox.js';
import { Positions, type Resumed } from './positions.js';
import { Renewal, type Renewed } from './renewal.js';
import { Replies } from './replies.js';
import type { Settings } from './settings.js';
import type { Payload, WebSocketConstructor } from './socket.js';
import type { Surroundings } from './surroundings.js';
import { Tokens } from './tokens.js';
import { lasting, updated } from './welcome.js';

/** What a conversation is made of. */
export interface ConversationParts {
  readonly settings: Settings;
  readonly codec: Codec;
  readonly WebSocket: WebSocketConstructor;
  readonly surroundings: Surroundings;
}

/** What a tab and its gateways have to say to each other, across all connections. */
export class Conversation implements LinkOwner, GroupsTab, Renewed {
  readonly listeners: Listeners;
  readonly states: Callbacks<(state: State, info: StateInfo) => void>;
  readonly gaps: Callbacks<(channel: string) => void>;
  readonly recoveries: Callbacks<(channels: string[]) => void>;
  readonly groups: Groups;
  /** Of the open connection, and true at the moment. */
  welcome: Welcome | undefined;
  readonly #settings: Settings;
  readonly #codec: Codec;
  readonly #tokens: Tokens;
  readonly #link: Link;
  readonly #renewal: Renewal;
  readonly #replies: Replies;
  readonly #outbox: Outbox;
  readonly #positions = new Positions();
  /** Of the welcome. */
  #resumed: Resumed | undefined;
  #stopHandingOn: (goesOn: boolean) => void = () => {};

  constructor({ settings, codec, WebSocket, surroundings: world }: ConversationParts) {
    this.#settings = settings;
    this.#codec = codec;
    this.listeners = new Listeners(world.report);
    this.states = new Callbacks(world.report);
    this.gaps = new Callbacks(world.report);
    this.recoveries = new Callbacks(world.report);
    this.groups = new Groups(world, this);
    this.#outbox = new Outbox(settings.maxQueued);
    this.#replies = new Replies(world, (id) => this.#outbox.remove(id));
    this.#tokens = new Tokens(world, settings, settings.requestTimeout);
    this.#renewal = new Renewal(world, this.#tokens, this);
    this.#link = new Link(world, { ...settings, codec, WebSocket, tokens: this.#tokens }, this);
    if (settings.remember === 'session')
      this.#stopHandingOn = handOn(settings.url, world, this.#positions, () => this.groups.wished);
    this.#link.connect();
  }

  get state(): State {
    return this.#link.state;
  }

  /** Throws a TypeError where the frame cannot be written. */
  send(action: string, details: unknown): void {
    this.#post({ action, payload: this.#write(action, details) });
  }

  /** Resolves with the details of the reply; rejects with a TabcastError, or with a TypeError as `send` throws it. */
  async request(
    action: string,
    details: unknown,
    timeout = this.#settings.requestTimeout,
  ): Promise<unknown[]> {
    const id = this.#replies.nextId();
    const payload = this.#write(action, details, id);
    const answer = this.#replies.expect(id, action, timeout);
    this.#post({ action, payload, id });
    return answer;
  }

  join(group: string): Promise<void> {
    const joined = this.groups.join(group);
    if (this.state === 'closed') this.groups.closed();
    return joined;
  }

  leave(group: string): Promise<void> {
    this.#positions.leave(group);
    return this.groups.leave(group);
  }

  close(reason = 'closed'): void {
    this.#link.close(reason);
  }

  // What groups ask.

  get current(): readonly string[] | undefined {
    return this.#link.open ? this.welcome?.groups : undefined;
  }

  async ask(action: string, group: string): Promise<void> {
    const position = this.current?.includes(group) ? undefined : this.#positions.ofGroup(group);
    await this.request(action, position ? [group, position] : [group]);
  }

  refused(group: string, error: TabcastError): void {
    this.#positions.leave(group);
    this.#tell(error);
  }

  // What the renewal of tokens asks.

  show(token: string): Promise<unknown> {
    return this.request('sys/auth', [token]);
  }

  otherUser(): void {
    this.#link.connect({ reason: 'other-user' });
  }

  // What the link asks and tells.

  get standing(): unknown[] | undefined {
    return this.#positions.standing;
  }

  welcomed(welcome: Welcome): void {
    this.welcome = lasting(welcome);
    this.#resumed = this.#positions.begin(welcome);
    this.#renewal.begin(welcome.expires);
    this.groups.ask();
    for (const letter of this.#outbox.empty()) this.#post(letter);
  }

  received(frame: Frame): void {
    const step = this.#positions.advance(frame);
    if (step === 'seen') return;
    if (step === 'gap') this.gaps.each((missed) => missed(frame.at![0]));
    if (this.welcome !== undefined) this.#learn(frame, this.welcome);
    if (frame.re !== undefined) this.#replies.settle(frame);
    else this.#unasked(frame);
  }

  lost(): void {
    this.welcome = undefined;
    this.#renewal.stop();
    this.groups.stop();
    this.#replies.lost((id) => this.#outbox.has(id));
  }

  changed(state: State, info: StateInfo): void {
    if (state === 'closed') this.#ended(info);
    // A listener may have changed the state, which the others have heard by then.
    this.states.each((changed) => this.state === state && changed(state, info));
    if (this.state === 'open') this.#announce(this.#resumed!);
  }

  #learn(frame: Frame, welcome: Welcome): void {
    this.welcome = updated(welcome, frame);
    const resumed = this.#positions.learn(frame, welcome, this.welcome);
    if (frame.action === 'sys/auth') this.#renewal.begin(this.welcome.expires);
    if (frame.action === 'sys/expired') this.#renewal.expired();
    this.#announce(resumed);
  }

  #announce({ recovered, lost }: Resumed): void {
    for (const channel of lost) this.gaps.each((missed) => missed(channel));
    if (recovered.length > 0) this.recoveries.each((told) => told([...recovered]));
  }

  #unasked(frame: Frame): void {
    if (frame.action === 'sys/leave') this.groups.left(frame.details[0] as string);
    this.listeners.tell(frame);
  }

  #ended({ code }: StateInfo): void {
    this.#tokens.stop();
    // After 1000 the application, or whoever has logged out, is done with it.
    this.#stopHandingOn(code !== 1000);
    this.groups.closed();
    for (const letter of this.#outbox.empty()) this.#fail(letter, 499);
    this.#replies.lost(() => false);
  }

  #write(action: string, details: unknown, id?: number): Payload {
    const expected = checkAction(action);
    if (expected !== undefined) throw new TypeError(`action: expected ${expected}`);
    const frame: Frame = { action, details: detailsOf(details) };
    return this.#codec.encode(id === undefined ? frame : { ...frame, id });
  }

  /** Sends, or keeps for later, where that is possible. */
  #post(letter: Letter): void {
    if (this.#link.open) this.#link.send(letter.payload);
    else if (this.state === 'closed') this.#fail(letter, 499);
    else if (!this.#outbox.add(letter)) this.#fail(letter, 413);
  }

  /** Tells who sent it that a letter was dropped. */
  #fail({ action, id }: Letter, code: 413 | 499): void {
    if (id === undefined) this.#tell(clientError(action, code));
    else this.#replies.fail(id, code);
  }

  /** Gives an error that was found here to the error callbacks of its action. */
  #tell({ action, code, message }: TabcastError): void {
    this.listeners.tell({ action: `${action}:error`, details: [code, message] });
  }
}
