import { settle } from './logs.js';
import { everyone, groupOf } from './rules.js';
import { fetchToken } from './session.js';
import { connect } from './tabcast.js';

/** How long a message may take, in ms: one that is written without a connection waits for the next. */
const patience = 60_000;

/**
 * The live half of the page: what comes from the gateways goes to the conversations and their logs, and what is written
 * goes to the gateways.
 */
export class Chat {
  #tabs;
  #conversations;
  #logs;
  #tellProblem;
  #wasOpen = false;

  /** @param tellProblem called with a sentence for the person at the page */
  constructor(gateway, conversations, logs, tellProblem) {
    this.#conversations = conversations;
    this.#logs = logs;
    this.#tellProblem = tellProblem;
    const { user } = conversations;
    this.#tabs = connect(gateway, { getToken: () => fetchToken(user) });
    this.#listen();
  }

  get welcome() {
    return this.#tabs.welcome;
  }

  /** Calls with every state of the connection. */
  onState(listener) {
    this.#tabs.onState((state, info) => {
      if (state === 'open') this.#opened();
      listener(state, info);
    });
  }

  /** Sends what was written. The line is there at once, and says what becomes of it. */
  async say(conversation, text) {
    const { user } = this.#conversations;
    const line = this.#logs.add(conversation, { from: user, text });
    settle(line, 'pending', this.#tabs.state === 'open' ? '' : 'waits for the connection');
    const { kind, name } = conversation;
    const [action, ...details] = {
      everyone: ['chat/everyone', text],
      room: ['chat/room', name, text],
      person: ['chat/user', name, text],
    }[kind];
    try {
      await this.#tabs.request(action, details, { timeout: patience });
      settle(line, 'sent');
    } catch ({ message }) {
      settle(line, 'failed', `Not sent: ${message}`);
      this.#tellProblem(`Not sent: ${message}`);
    }
  }

  /** Joins a room, and finds out who is there. */
  async join(room) {
    const conversation = this.#conversations.room(room);
    try {
      await this.#tabs.join(groupOf(room));
      conversation.joined = true;
      await this.#enter(conversation);
    } catch ({ message }) {
      this.#tellProblem(`${room} cannot be joined: ${message}`);
    }
  }

  async leave(room) {
    const conversation = this.#conversations.room(room);
    conversation.joined = false;
    conversation.members.clear();
    this.#conversations.changed();
    // Without a connection there is nothing to leave.
    await this.#tabs.leave(groupOf(room)).catch(() => {});
    this.#tabs.send('chat/leave', room);
  }

  #listen() {
    const all = this.#conversations;
    const tell = (_code, message) => this.#tellProblem(message);
    this.#tabs
      .on('chat/room', (room, message) => this.#said(all.room(room), message))
      .on('chat/everyone', (message) => this.#said(all.everyone, message))
      .on('chat/user', (message) => {
        this.#said(all.person(message.from === all.user ? message.to : message.from), message);
      })
      .on('chat/came', (group, user) => this.#came(all.ofGroup(group), user))
      .on('chat/went', (group, user) => this.#went(all.ofGroup(group), user))
      .on('chat/offline', (user) => {
        for (const conversation of all.all.values()) this.#went(conversation, user);
      })
      .on('chat/leave', undefined, tell)
      .on('sys/join', undefined, tell);
  }

  #said(conversation, message) {
    this.#logs.add(conversation, message);
    this.#conversations.said(conversation, document.visibilityState === 'visible');
  }

  #came(conversation, user) {
    if (conversation === undefined || conversation.members.has(user)) return;
    this.#conversations.came(conversation, user);
    if (conversation.id !== everyone) this.#logs.remark(conversation, `${user} came in`);
  }

  #went(conversation, user) {
    if (!conversation?.members.has(user)) return;
    this.#conversations.went(conversation, user);
    if (conversation.id !== everyone) this.#logs.remark(conversation, `${user} left`);
  }

  /** Nothing of what was said without a connection comes later. The rooms are joined again, and who is there has changed. */
  #opened() {
    const all = this.#conversations;
    void this.#enter(all.everyone);
    for (const room of all.rooms) {
      if (this.#wasOpen)
        this.#logs.remark(all.room(room), 'Connected again. What was said meanwhile is missing here.');
      void this.join(room);
    }
    this.#wasOpen = true;
  }

  async #enter(conversation) {
    this.#conversations.entering(conversation);
    // It fails with the connection, and then is asked again on the next.
    const members = await this.#tabs.request('chat/enter', conversation.id).catch(() => []);
    this.#conversations.entered(conversation, members);
  }
}
